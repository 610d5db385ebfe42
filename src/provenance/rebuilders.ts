import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Failure } from '../base/index.ts';
import { signerOf } from './signature.ts';
import { buildTypes, type Subject } from './statement.ts';
import { readStatement } from './subjects.ts';

/** How many of how many rebuilders have to have got the same bytes. */
export interface Threshold {
  readonly least: number;
  readonly of: number;
}

/** What one rebuilder says. */
export interface Opinion {
  readonly identity: string;
  /** `silent` says nothing of one of the files. */
  readonly verdict: 'agrees' | 'differs' | 'silent';
  /** Where it does not agree: what it says instead. */
  readonly said?: string;
}

export interface Asked {
  readonly opinions: readonly Opinion[];
  /** Statements that count for nothing, and why. */
  readonly refused: readonly { readonly statement: string; readonly why: string }[];
  /** Different keys whose rebuilders agree. */
  readonly agreeing: number;
}

/** @throws Failure 'usage' when it is not of the form 2-of-3 */
export function parseThreshold(text: string): Threshold {
  const [, least = '', of = ''] = /^([1-9][0-9]{0,2})-of-([1-9][0-9]{0,2})$/.exec(text) ?? [];
  if (least === '' || Number(least) > Number(of))
    throw new Failure('usage', `--rebuilders is N-of-M such as 2-of-3, not ${JSON.stringify(text)}`);
  return { least: Number(least), of: Number(of) };
}

/**
 * Asks rebuilders' signed statements whether they got these bytes. Each of them counts once: by its name and by its key, so
 * that one key under two names is one rebuilder.
 * @param files by name
 * @param identities who counts; all whom the file of allowed signers names when the list is empty
 * @throws Failure 'usage' when they are not as many as were asked for
 */
export async function askRebuilders(
  files: readonly Subject[],
  statements: readonly string[],
  allowedSigners: string,
  identities: readonly string[],
  threshold: Threshold,
): Promise<Asked> {
  const rebuilders = new Set(identities.length > 0 ? identities : await principalsIn(allowedSigners));
  if (rebuilders.size !== threshold.of)
    throw new Failure(
      'usage',
      `${threshold.least}-of-${threshold.of} needs ${threshold.of} rebuilders, and there are ${rebuilders.size}: ${[...rebuilders].join(', ')}`,
      { hint: 'Name them, each by --identity.' },
    );
  const refused: { statement: string; why: string }[] = [];
  const found = new Map<string, { opinion: Opinion; key: string }>();
  for (const statement of statements) {
    try {
      const { identity, key } = await signerOf(statement, allowedSigners);
      if (!rebuilders.has(identity))
        throw new Failure('bad-signature', `${identity} is not one of the rebuilders named`);
      const opinion = opinionOf(identity, files, await rebuildSubjects(statement));
      // Of two statements of one rebuilder the one that does not agree counts.
      const before = found.get(identity);
      if (before === undefined || before.opinion.verdict === 'agrees') found.set(identity, { opinion, key });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      refused.push({ statement, why: error.message });
    }
  }
  const agreeing = new Set(
    [...found.values()].flatMap(({ opinion, key }) => (opinion.verdict === 'agrees' ? [key] : [])),
  );
  const silent = [...rebuilders].filter((each) => !found.has(each));
  return {
    opinions: [
      ...[...found.values()].map(({ opinion }) => opinion),
      ...silent.map((identity) => ({ identity, verdict: 'silent' as const, said: 'gave no statement' })),
    ],
    refused,
    agreeing: agreeing.size,
  };
}

/** @throws Failure 'not-a-statement' */
async function rebuildSubjects(statement: string): Promise<readonly Subject[]> {
  const { subjects, predicate } = await readStatement(statement);
  const { buildDefinition } = predicate as { readonly buildDefinition?: { readonly buildType?: unknown } };
  if (buildDefinition?.buildType === buildTypes.rebuild) return subjects;
  throw new Failure('not-a-statement', `${statement} is not a statement that \`verify --attest\` wrote`);
}

/** By name and digest; a file whose name the rebuilder does not have may have been renamed, and counts by its digest. */
export function opinionOf(identity: string, files: readonly Subject[], got: readonly Subject[]): Opinion {
  if (files.length === 0) return { identity, verdict: 'silent', said: 'there is no file to ask for' };
  let silent: Subject | undefined;
  for (const file of files) {
    const named = got.filter(({ name }) => basename(name) === basename(file.name));
    const isSame = ({ digest }: Subject): boolean => digest.sha256 === file.digest.sha256;
    if ((named.length === 0 ? got : named).some(isSame)) continue;
    const [other] = named;
    if (other !== undefined)
      return {
        identity,
        verdict: 'differs',
        said: `got ${other.name} with sha256 ${other.digest.sha256}, not ${file.digest.sha256}`,
      };
    silent ??= file;
  }
  return silent === undefined
    ? { identity, verdict: 'agrees' }
    : { identity, verdict: 'silent', said: `says nothing of ${silent.name}` };
}

/** The names in an ALLOWED SIGNERS file (ssh-keygen(1)); patterns with wildcards name nobody. */
async function principalsIn(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Failure('no-file', `there is no file ${file}`);
  });
  const lines = text.split('\n').map((line) => line.trim());
  const first = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s/)[0] ?? '');
  return [...new Set(first.flatMap((each) => each.replaceAll('"', '').split(',')))].filter(
    (each) => !/[*?!]/.test(each),
  );
}

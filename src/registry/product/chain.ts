import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import {
  askRebuilders,
  parseThreshold,
  readStatement,
  signerOf,
  type Subject,
} from '../../provenance/index.ts';
import { paperFiles } from '../../recipe/index.ts';
import type { FoundProduct } from './find-product.ts';
import { isPaper, notes } from './media-types.ts';
import type { ProductEntry } from './product-index.ts';

/** What is asked of a product before it is taken. */
export interface Demands {
  /** A file of allowed signers (ssh-keygen(1)): the provenance is signed by one of them. */
  readonly trust?: string | undefined;
  /** A test result says that all files have passed the product's gate. */
  readonly boot?: boolean | undefined;
  /** "2-of-3": so many of the allowed signers got the same bytes. */
  readonly rebuilders?: string | undefined;
  /** Their statements, beside those that the product has. */
  readonly statements?: readonly string[] | undefined;
}

/** What was found. */
export interface Verdict {
  /** The product has provenance, and its files are those that it is about. */
  readonly provenance: boolean;
  /** Who signed it, where that was asked. */
  readonly signer?: string;
  readonly rebuilders?: number;
}

/**
 * Holds a product's files against its papers, and its papers against what is asked.
 * @param folder in which all files are as the index says
 * @throws Failure 'altered' when a paper says otherwise of a file; 'no-gate', 'bad-signature', 'too-few-rebuilders'
 */
export async function checkChain(
  folder: string,
  { index, manifest }: FoundProduct,
  { trust, boot, rebuilders, statements = [] }: Demands,
): Promise<Verdict> {
  if (rebuilders !== undefined && trust === undefined)
    throw new Failure('usage', '--rebuilders needs to know who may sign: --trust FILE');
  const digests = digestsOf(index.entries);
  const files = [...digests].filter(([path]) => !isPaper(path));
  const provenance = join(folder, paperFiles.provenance);
  const tested = join(folder, paperFiles['test-result']);
  if (existsSync(provenance)) {
    const { subjects } = await readStatement(provenance);
    holdAgainst(digests, subjects, paperFiles.provenance);
    everyOne(files, subjects, paperFiles.provenance);
  }
  const passed = existsSync(tested) ? await passedTests(tested, digests) : [];
  await checkSums(folder, digests);
  const gate = manifest.annotations?.[notes.gate] ?? 'none';
  const missing = gate === 'none' ? [] : gate.split(', ').filter((step) => !passed.includes(step));
  if (missing.length > 0)
    throw new Failure(
      'no-gate',
      `the product says that it passed ${missing.join(', ')}, and has no test result of that`,
    );
  if (boot === true) {
    if (passed.length === 0) throw new Failure('no-gate', 'the product has no proof that it has booted');
    everyOne(files, (await readStatement(tested)).subjects, paperFiles['test-result']);
  }
  const signer = trust === undefined ? undefined : await signed(provenance, trust);
  if (trust !== undefined && boot === true) await signed(tested, trust);
  if (rebuilders === undefined || trust === undefined)
    return { provenance: existsSync(provenance), ...(signer !== undefined && { signer }) };
  const threshold = parseThreshold(rebuilders);
  const own = [...digests.keys()].filter((path) => /^rebuild-.*\.json$/.test(path));
  const subjects = files.map(([name, sha256]): Subject => ({ name, digest: { sha256 } }));
  const given = [...own.map((path) => join(folder, path)), ...statements];
  const { agreeing } = await askRebuilders(subjects, given, trust, [], threshold);
  if (agreeing < threshold.least)
    throw new Failure(
      'too-few-rebuilders',
      `${agreeing} of ${threshold.of} rebuilders got these bytes, and ${threshold.least} are asked for`,
    );
  return {
    provenance: existsSync(provenance),
    ...(signer !== undefined && { signer }),
    rebuilders: agreeing,
  };
}

type Digests = ReadonlyMap<string, Subject['digest']['sha256']>;

function digestsOf(entries: readonly ProductEntry[]): Digests {
  return new Map(entries.flatMap((entry) => (entry.type === 'file' ? [[entry.path, entry.sha256]] : [])));
}

/** @throws Failure 'altered' when a subject is missing or another */
function holdAgainst(digests: Digests, subjects: readonly Subject[], paper: string): void {
  for (const { name, digest } of subjects) {
    const found = digests.get(name);
    if (found === digest.sha256) continue;
    throw new Failure(
      'altered',
      found === undefined
        ? `${paper} is about ${name}, which the product does not have`
        : `${name} was altered: its sha256 is ${found}, and ${paper} says ${digest.sha256}`,
    );
  }
}

/** @throws Failure 'altered' when a file is not one of the subjects */
function everyOne(
  files: readonly (readonly [string, string])[],
  subjects: readonly Subject[],
  paper: string,
): void {
  const named = new Set(subjects.map(({ name }) => name));
  const other = files.find(([path]) => !named.has(path));
  if (other !== undefined) throw new Failure('altered', `${paper} says nothing of ${other[0]}`);
}

/** The steps that a test result says were passed; [] where it says that something failed. */
async function passedTests(file: string, digests: Digests): Promise<string[]> {
  const { subjects, predicate } = await readStatement(file);
  holdAgainst(digests, subjects, paperFiles['test-result']);
  const { result, passedTests: tests } = predicate as Readonly<Record<string, unknown>>;
  if (result !== 'PASSED' || !Array.isArray(tests)) return [];
  const steps = tests.flatMap((each) => (typeof each === 'string' ? [each.replace(/:.*$/s, '')] : []));
  return [...new Set(steps)];
}

/** @throws Failure 'altered' at the first line that does not hold */
async function checkSums(folder: string, digests: Digests): Promise<void> {
  const file = join(folder, paperFiles.checksums);
  if (!existsSync(file)) return;
  for (const line of (await readFile(file, 'utf8')).split('\n').filter((each) => each !== '')) {
    const [, digest = '', path = ''] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (digests.get(path) !== digest)
      throw new Failure(
        'altered',
        `a line of ${paperFiles.checksums} does not hold: ${JSON.stringify(path)}`,
      );
  }
}

async function signed(paper: string, trust: string): Promise<string> {
  if (!existsSync(paper) || !existsSync(`${paper}.sig`))
    throw new Failure(
      'bad-signature',
      `the product has no signed ${paper.slice(paper.lastIndexOf('/') + 1)}`,
      {
        hint: 'Who pushes a product signs it: push --sign KEY.',
      },
    );
  return (await signerOf(paper, trust)).identity;
}

import type { Sha256 } from '../../base/index.ts';
import { forms, originOf, type LockedKind } from './lock-forms.ts';
import { lockVersion, type Lockfile, type LockEntry } from './lock.ts';
import type { LockedBuildroot, LockedFile, LockedPackage } from '../locked.ts';

/** Text in double quotes, with what JSON and YAML escape alike, or a word that YAML takes as it is. */
const scalar = String.raw`("(?:[^"\\\x00-\x1f]|\\["\\])+"|[A-Za-z0-9](?:[^\s,{}[\]"'#]*[^\s,{}[\]"'#:])?)`;
const file = String.raw`file: ${scalar}, size: (\d{1,15}), sha256: ("[0-9a-f]{64}"|[0-9a-f]{64})`;
const fileLine = new RegExp(`^        - \\{ ${file} \\}$`);
const packageLine = new RegExp(`^      - \\{ name: ${scalar}, version: ${scalar}, ${file} \\}$`);
const nameLine = new RegExp(`^  ${scalar}:$`);
const originLine = new RegExp(`^    - (debian|url|git|svn): ${scalar}$`);
const originFactLine = new RegExp(`^      (suite|commit|tree): ${scalar}$`);
const rootFactLine = new RegExp(`^    (suite|architecture): ${scalar}$`);
const requestedLine = /^ {4}requested: \[(.*)\]$/;

/**
 * Reads a lockfile of exactly the form that `mergeLock` writes, which a run does every time it starts; a YAML parser
 * takes twenty times as long. Undefined when there is anything else in it: then `parseLock` is to be asked, and to
 * say what is wrong if something is.
 */
export function readQuickly(text: string): Lockfile | undefined {
  const lines = text.split('\n').filter((line) => line !== '' && !/^ *#/.test(line));
  const sources = new Map<string, LockEntry[]>();
  const buildroots = new Map<string, LockedBuildroot>();
  let at = 0;
  const next = (form: RegExp): RegExpExecArray | undefined => {
    const match = form.exec(lines[at] ?? '');
    if (match !== null) at += 1;
    return match ?? undefined;
  };
  if (lines[at++] !== `version: ${lockVersion}`) return undefined;
  if (lines[at] === 'sources:') {
    at += 1;
    for (let name = next(nameLine); name !== undefined; name = next(nameLine)) {
      const entries: LockEntry[] = [];
      for (let origin = next(originLine); origin !== undefined; origin = next(originLine)) {
        const entry = readEntry(origin, next, () => lines[at++] === '      files:');
        if (entry === undefined) return undefined;
        entries.push(entry);
      }
      if (entries.length === 0 || sources.has(plain(name[1]))) return undefined;
      sources.set(plain(name[1]), entries);
    }
  }
  if (lines[at] === 'buildroots:') {
    at += 1;
    for (let name = next(nameLine); name !== undefined; name = next(nameLine)) {
      const root = readRoot(next, () => lines[at++] === '    packages:');
      if (root === undefined || buildroots.has(plain(name[1]))) return undefined;
      buildroots.set(plain(name[1]), root);
    }
  }
  return at === lines.length ? { sources, buildroots } : undefined;
}

type Next = (form: RegExp) => RegExpExecArray | undefined;

function readEntry(
  [, kindText = '', quoted]: readonly (string | undefined)[],
  next: Next,
  filesFollow: () => boolean,
): LockEntry | undefined {
  const kind = kindText as LockedKind;
  const text = plain(quoted);
  const facts = readFacts(next, originFactLine);
  if (facts === undefined || !filesFollow()) return undefined;
  const files: LockedFile[] = [];
  for (let line = next(fileLine); line !== undefined; line = next(fileLine))
    files.push(lockedFile(line.slice(1)));
  const { suite, commit, tree } = facts;
  const sound =
    (kind === 'url' ? forms.url : forms.versioned).test(text) &&
    (kind === 'debian' ? files.length > 0 : files.length === 1 && suite === undefined) &&
    files.every((one) => forms.file.test(one.file)) &&
    (kind === 'git' ? forms.commit.test(commit ?? '') : commit === undefined) &&
    (kind === 'git' || kind === 'svn' ? forms.sha256.test(tree ?? '') : tree === undefined);
  if (!sound) return undefined;
  return {
    origin: originOf(kind, text, suite),
    files,
    ...(commit === undefined ? {} : { commit }),
    ...(tree === undefined ? {} : { tree: tree as Sha256 }),
  };
}

function readRoot(next: Next, packagesFollow: () => boolean): LockedBuildroot | undefined {
  const { suite, architecture } = readFacts(next, rootFactLine) ?? {};
  const requested = next(requestedLine)?.[1]?.trim();
  if (suite === undefined || architecture === undefined || requested === undefined) return undefined;
  const words = requested === '' ? [] : requested.split(/, /);
  if (!packagesFollow() || !words.every((word) => /^[a-z][a-z0-9+.-]*$/.test(word))) return undefined;
  const packages: LockedPackage[] = [];
  for (let line = next(packageLine); line !== undefined; line = next(packageLine)) {
    const one = { name: plain(line[1]), version: plain(line[2]), ...lockedFile(line.slice(3)) };
    if (!forms.file.test(one.file)) return undefined;
    packages.push(one);
  }
  return { suite, architecture, requested: words, packages };
}

function readFacts(next: Next, form: RegExp): Partial<Record<string, string>> | undefined {
  const facts: Record<string, string> = {};
  for (let line = next(form); line !== undefined; line = next(form)) {
    const name = line[1] ?? '';
    if (name in facts) return undefined;
    facts[name] = plain(line[2]);
  }
  return facts;
}

function lockedFile([path, size, sha256]: readonly string[]): LockedFile {
  return { file: plain(path), size: Number(size), sha256: plain(sha256) as Sha256 };
}

function plain(text = ''): string {
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

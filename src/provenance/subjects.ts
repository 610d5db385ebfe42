import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Failure, type Sha256 } from '../base/index.ts';
import { paperFiles } from '../recipe/index.ts';
import type { Subject } from './statement.ts';

/** A statement's predicate has some MB when it names every package of several buildroots. */
const largest = 64 * 2 ** 20;

/** A statement in a file; of what kind its predicate is, is not looked at. @throws Failure 'not-a-statement' */
export async function readStatement(file: string): Promise<{
  readonly subjects: readonly Subject[];
  readonly predicateType: unknown;
  readonly predicate: object;
}> {
  const fail = (why: string): never => {
    throw new Failure('not-a-statement', `${file} is not an in-toto statement: ${why}`);
  };
  const { size } = await stat(file);
  if (size > largest) return fail(`it has ${size} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return fail('it is not JSON');
  }
  const {
    _type: type,
    subject,
    predicateType,
    predicate,
  } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (type !== 'https://in-toto.io/Statement/v1')
    return fail('its _type is not that of an in-toto statement');
  if (!Array.isArray(subject) || subject.length === 0) return fail('it has no subject');
  const subjects = (subject as unknown[]).map((each) => {
    const { name, digest } = (each ?? {}) as {
      readonly name?: unknown;
      readonly digest?: { sha256?: unknown };
    };
    if (typeof name !== 'string' || typeof digest?.sha256 !== 'string')
      return fail('a subject lacks its sha256');
    return { name, digest: { sha256: digest.sha256 } } as Subject;
  });
  return {
    subjects,
    predicateType,
    predicate: typeof predicate === 'object' && predicate !== null ? predicate : {},
  };
}

/** Papers that a product holds beside its files; nobody rebuilds them. */
const papers: readonly string[] = Object.values(paperFiles);

/** The files of a path, a folder's by their names in it, without papers. @throws Failure 'no-file' */
export async function filesAt(path: string): Promise<Subject[]> {
  const files: Subject[] = [];
  for await (const { file, name } of filesBelow(path)) {
    if (name !== undefined && (name === stamp || papers.includes(name))) continue;
    files.push({ name: name ?? basename(file), digest: { sha256: (await hashOf(file)) as Sha256 } });
  }
  return files;
}

/** How files were held against a statement. */
export interface Checked {
  /** Subjects that are here and unaltered. */
  readonly found: number;
  /** Names of the subjects that are not here. */
  readonly missing: readonly string[];
}

/**
 * Holds files, and all files of folders, against a statement's subjects. A path in which no subject is, fails: nothing
 * would have been checked.
 * @param statement its own file, which cannot be about itself
 * @throws Failure 'altered' at the first file that is not a subject, 'nothing-checked', 'cannot-read'
 */
export async function checkSubjects(
  paths: readonly string[],
  subjects: readonly Subject[],
  statement: string,
): Promise<Checked> {
  const found = new Set<string>();
  const own = new Set([resolve(statement), resolve(`${statement}.sig`)]);
  for (const path of paths) {
    let here = 0;
    for await (const { file, name } of filesBelow(path)) {
      if (own.has(resolve(file)) || name === stamp) continue;
      const sha256 = await hashOf(file);
      if (name === sums && !subjects.some((each) => each.name === sums)) await checkSums(file);
      else {
        checkFile(file, name, sha256, subjects);
        found.add(sha256);
        here++;
      }
    }
    if (here === 0)
      throw new Failure(
        'nothing-checked',
        `${path} holds none of the ${subjects.length} files of the statement`,
      );
  }
  const missing = subjects.filter(({ digest }) => !found.has(digest.sha256)).map(({ name }) => name);
  return { found: subjects.length - missing.length, missing };
}

/** A file in a folder has a name there, and is held against the subject of that name. */
function checkFile(
  file: string,
  name: string | undefined,
  sha256: string,
  subjects: readonly Subject[],
): void {
  const named = subjects.find((each) => each.name === name);
  const same = named ?? subjects.find((each) => each.digest.sha256 === sha256);
  if (same?.digest.sha256 === sha256) return;
  const like =
    same ?? subjects.find((each) => each.name === basename(file) || file.endsWith(`/${each.name}`));
  throw new Failure(
    'altered',
    like === undefined
      ? `${file} (sha256 ${sha256}) is not what the statement is about`
      : `${file} was altered: its sha256 is ${sha256}, and the statement says ${like.digest.sha256}`,
  );
}

/** What marks a folder as a product of ours; it says nothing of the files. */
const stamp = '.cidermill-product';
/** The list of checksums has the statement in it, so that a statement in the product cannot be about it. */
const sums = 'SHA256SUMS';

/** A list that is in the product: each of its lines has to hold. @throws Failure 'altered' */
async function checkSums(file: string): Promise<void> {
  for (const line of (await readFile(file, 'utf8')).split('\n').filter((each) => each !== '')) {
    const [, sha256, name = ''] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    const path = join(dirname(file), name);
    const isHere = sha256 !== undefined && (await stat(path).catch(() => undefined))?.isFile() === true;
    if (!isHere || (await hashOf(path)) !== sha256)
      throw new Failure(
        'altered',
        `${file} was altered: its line ${JSON.stringify(line.slice(0, 200))} does not match`,
      );
  }
}

/** A file by itself has no name in an artifact. */
async function* filesBelow(
  path: string,
): AsyncGenerator<{ readonly file: string; readonly name: string | undefined }> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new Failure('no-file', `there is no file ${path}`);
  if (!found.isDirectory()) {
    yield { file: path, name: undefined };
    return;
  }
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    yield { file, name: relative(path, file) };
  }
}

export async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  return hash.digest('hex');
}

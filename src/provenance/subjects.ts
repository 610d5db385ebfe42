import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Failure } from '../base/index.ts';
import type { Subject } from './statement.ts';

/** A statement's predicate has some MB when it names every package of several buildroots. */
const largest = 64 * 2 ** 20;

/** The subjects of a statement in a file. @throws Failure 'not-a-statement' */
export async function readSubjects(file: string): Promise<readonly Subject[]> {
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
  const { _type: type, subject } = (value ?? {}) as { readonly _type?: unknown; readonly subject?: unknown };
  if (type !== 'https://in-toto.io/Statement/v1')
    return fail('its _type is not that of an in-toto statement');
  if (!Array.isArray(subject) || subject.length === 0) return fail('it has no subject');
  return (subject as unknown[]).map((each) => {
    const { name, digest } = (each ?? {}) as {
      readonly name?: unknown;
      readonly digest?: { sha256?: unknown };
    };
    if (typeof name !== 'string' || typeof digest?.sha256 !== 'string')
      return fail('a subject lacks its sha256');
    return { name, digest: { sha256: digest.sha256 } } as Subject;
  });
}

/**
 * Holds files, and all files of folders, against a statement's subjects.
 * @returns how many there were
 * @throws Failure 'altered' at the first that is none of them
 */
export async function checkSubjects(paths: readonly string[], subjects: readonly Subject[]): Promise<number> {
  const known = new Set<string>(subjects.map(({ digest }) => digest.sha256));
  let count = 0;
  for (const path of paths) {
    for await (const file of filesBelow(path, new Set(subjects.map(({ name }) => name)))) {
      const sha256 = await hashOf(file);
      count++;
      if (known.has(sha256)) continue;
      const same = subjects.find(({ name }) => name === basename(file) || file.endsWith(`/${name}`));
      throw new Failure(
        'altered',
        same === undefined
          ? `${file} (sha256 ${sha256}) is not what the statement is about`
          : `${file} was altered: its sha256 is ${sha256}, and the statement says ${same.digest.sha256}`,
      );
    }
  }
  return count;
}

/** What a product's folder may have about itself. */
const about = new Set([
  '.cidermill-product',
  'SHA256SUMS',
  'provenance.json',
  'provenance.json.sig',
  'sbom.cdx.json',
]);

async function* filesBelow(path: string, subjects: ReadonlySet<string>): AsyncGenerator<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new Failure('no-file', `there is no file ${path}`);
  if (!found.isDirectory()) {
    yield path;
    return;
  }
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    const isAbout = entry.parentPath === path && about.has(entry.name) && !subjects.has(entry.name);
    if (entry.isFile() && !isAbout) yield join(entry.parentPath, entry.name);
  }
}

export async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  return hash.digest('hex');
}

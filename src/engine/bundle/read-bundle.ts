import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { canonicalJson, Failure, sha256, type Sha256 } from '../../base/index.ts';
import { packageRoot } from '../../host/index.ts';
import {
  blobPath,
  copyOut,
  ensureTree,
  hasBlob,
  hasSoundBlob,
  hashFile,
  listingFault,
  openSession,
  outputsFault,
  putStream,
  readAction,
  writeAction,
  type ActionResult,
  type Store,
} from '../../store/index.ts';
import { badBundle, largestManifest, manifestName, readManifest, type Manifest } from './manifest.ts';

/** A bundle whose contents are in the store. */
export interface OpenedBundle {
  readonly manifest: Manifest;
  /** Absolute: the folder with the project's own files; undefined when the bundle has none. */
  readonly project: string | undefined;
}

/**
 * Brings all that is in a bundle into the store, each blob checked against its digest.
 * @param onProgress in bytes
 * @throws Failure 'bad-bundle' for one that is damaged, cut off or not ours; 'other-cidermill' when this cidermill's own
 *   recipes or scripts are not those that it was made with; 'cannot-read' when the file system refuses
 */
export async function openBundle(
  store: Store,
  path: string,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<OpenedBundle> {
  const session = await openSession(store);
  try {
    const manifest = await readEntries(store, path, signal, onProgress);
    await checkBuiltin(manifest);
    for (const result of manifest.results) {
      checkOutputs(store, result);
      if (readAction(store, result.key) === undefined) await writeAction(store, result);
      if (readAction(store, result.key) === undefined) throw badBundle(`it lacks outputs of ${result.key}`);
    }
    return {
      manifest,
      project: manifest.project.length === 0 ? undefined : await layOutProject(store, manifest),
    };
  } finally {
    await session.release();
  }
}

type Entry = Readable & { readonly header: Header };

async function readEntries(
  store: Store,
  path: string,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<Manifest> {
  const entries = extract();
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  const feed = pipeline(source, entries, { signal });
  feed.catch(() => undefined);
  let manifest: Manifest | undefined;
  const missing = new Map<string, number>();
  let [done, total] = [0, 0];
  try {
    for await (const entry of entries as unknown as AsyncIterable<Entry>) {
      if (manifest === undefined) {
        manifest = readManifest(await manifestText(entry));
        for (const { digest, size } of manifest.blobs) {
          missing.set(`blobs/${digest}`, size);
          total += size;
        }
        continue;
      }
      const { name, size, type } = entry.header;
      if (type !== 'file' || missing.get(name) !== size)
        throw badBundle(`${name} is not in its list of contents`);
      missing.delete(name);
      const digest = name.slice('blobs/'.length) as Sha256;
      // An entry of a file that is cut off ends while the store is asked; only its iterator remembers that.
      const content = Readable.from(entry);
      if (await hasSoundBlob(store, { digest, size })) content.resume();
      else await putStream(store, content, { digest, size });
      onProgress((done += size), total);
    }
    await feed;
  } catch (error) {
    source.destroy();
    signal.throwIfAborted();
    throw explain(error, path);
  }
  if (manifest === undefined) throw badBundle('it is empty');
  const [first] = missing.keys();
  if (first !== undefined) throw badBundle(`it ends before ${first}`);
  return manifest;
}

async function manifestText(entry: Entry): Promise<string> {
  if (entry.header.name !== manifestName) throw badBundle(`it does not begin with ${manifestName}`);
  if (entry.header.size > largestManifest) throw badBundle('its list of contents is too long');
  const parts: Buffer[] = [];
  for await (const part of entry as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function explain(error: unknown, path: string): Error {
  if (error instanceof Failure && error.code !== 'digest-mismatch') return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new Failure('no-file', `there is no file ${path}`);
  // The file system's own codes: the disk is full, the file may not be read or is a folder.
  if (code !== undefined && /^E[A-Z]+$/.test(code))
    return new Failure('cannot-read', `the bundle ${path} cannot be read`, { cause: error });
  return badBundle(message);
}

/** A result is taken as it is, but not its word for what a listing is. */
function checkOutputs(store: Store, { key, outputs }: ActionResult): void {
  const fault = outputsFault(outputs);
  if (fault !== undefined) throw badBundle(`the result ${key} ${fault}`);
  for (const output of Object.values(outputs)) {
    if (output.type !== 'directory') continue;
    if (!hasBlob(store, output.digest, output.size)) throw badBundle(`it lacks outputs of ${key}`);
    const wrong = listingFault(parsed(readFileSync(blobPath(store, output.digest), 'utf8')));
    if (wrong !== undefined) throw badBundle(`the listing ${output.digest} ${wrong}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A project's scripts may import cidermill, as they do at home. */
async function layOutProject(store: Store, { project }: Manifest): Promise<string> {
  const digest = sha256(canonicalJson(project));
  return ensureTree(store, digest, async (folder) => {
    for (const file of project) {
      await mkdir(dirname(join(folder, file.path)), { recursive: true });
      await copyOut(store, { type: 'file', ...file }, folder);
    }
    await mkdir(join(folder, 'node_modules'));
    await symlink(packageRoot, join(folder, 'node_modules/cidermill'));
  });
}

async function checkBuiltin({ builtin, cidermill }: Manifest): Promise<void> {
  for (const [path, digest] of Object.entries(builtin)) {
    const whole = join(packageRoot, path);
    if (!path.split('/').includes('..') && existsSync(whole) && (await hashFile(whole)).digest === digest)
      continue;
    throw new Failure('other-cidermill', `the bundle was made with another ${path} than this cidermill has`, {
      hint: `Run it with the cidermill it was made with, version ${cidermill}.`,
    });
  }
}

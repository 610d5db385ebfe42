import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import PQueue from 'p-queue';
import { Failure } from '../../base/index.ts';
import { lastLines, run } from '../../host/programs/program.ts';
import { hasBlob, putFile } from '../../store/index.ts';
import type { SourceContext } from '../context.ts';
import { downloadBlob } from '../http/download.ts';
import { fileName, type LockedFile } from '../locked.ts';
import type { Asked } from './misses.ts';

const helper = '/usr/lib/apt/apt-helper';
/** Files a call; what a call has fetched is in the store when it ends, whatever becomes of the next. */
const batchSize = 40;

/** A file and the address to take it from. */
export interface Request {
  readonly file: LockedFile;
  readonly address: string;
}

/** Where apt works: a folder of its own and its settings in it. */
export interface AptFolder {
  readonly folder: string;
  readonly settings: string;
}

/**
 * Takes files of known digests from one archive into the store. apt's own means are used where there is apt, so that its
 * proxies, credentials and certificates are the host's; else our own downloads.
 * @param root of the archive, for what is told of it
 * @returns what was answered for each file that did not come
 */
export async function askArchive(
  root: string,
  requests: readonly Request[],
  apt: AptFolder | undefined,
  context: SourceContext,
): Promise<Asked[]> {
  return apt === undefined ? askByDownload(root, requests, context) : askByApt(root, requests, apt, context);
}

export function hasAptHelper(): boolean {
  return existsSync(helper);
}

async function askByApt(
  root: string,
  requests: readonly Request[],
  { folder, settings }: AptFolder,
  context: SourceContext,
): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (let start = 0; start < requests.length; start += batchSize) {
    const batch = requests.slice(start, start + batchSize);
    const { stdout, stderr } = await run(
      helper,
      [
        ...['-c', settings, '-o', 'Acquire::Retries=2', 'download-file'],
        ...batch.flatMap(({ file, address }) => [
          address,
          join(folder, localName(file)),
          `SHA256:${file.sha256}`,
        ]),
      ],
      { cwd: folder, signal: context.signal, from: 'apt' },
    );
    const said = `${stdout}\n${stderr}`;
    for (const { file, address } of batch) {
      if (await keep(join(folder, localName(file)), file, context)) continue;
      asked.push({ file, root, ...aptAnswer(said, address) });
    }
    // A server that answers nothing is not asked for each of three hundred files.
    if (asked.length === start + batch.length && asked.every(({ answer }) => answer === 'unreachable'))
      return requests.map(({ file }, index) => ({
        file,
        root,
        answer: 'unreachable',
        said: (asked[index] ?? asked[0])?.said ?? '',
      }));
  }
  return asked;
}

/** What apt says of one address: "E: Failed to fetch ADDRESS  REASON". */
function aptAnswer(output: string, address: string): Pick<Asked, 'answer' | 'said'> {
  const lines = output.split('\n').filter((line) => /^[EW]: /.test(line));
  const line = lines.find((one) => one.includes(`${address} `)) ?? '';
  const said = line === '' ? lastLines(output, 4) : line.slice(3);
  if (/Hash Sum mismatch|unexpected size/i.test(said)) return { answer: 'other', said };
  if (/ 404 |File not found|No such file/.test(said)) return { answer: 'absent', said };
  return { answer: 'unreachable', said };
}

/** Two files of one name can be wanted at once (epochs are not in file names), two of one digest cannot. */
export function localName(file: LockedFile): string {
  return `${file.sha256}.${fileName(file.file)}`;
}

async function keep(path: string, file: LockedFile, context: SourceContext): Promise<boolean> {
  if (!existsSync(path)) return false;
  // Of a file: archive apt gives a link; putFile moves what it is given.
  const copy = `${path}.copy`;
  await copyFile(path, copy);
  try {
    await putFile(context.store, copy, { digest: file.sha256, size: file.size });
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code === 'digest-mismatch') return false;
    throw error;
  }
}

async function askByDownload(
  root: string,
  requests: readonly Request[],
  context: SourceContext,
): Promise<Asked[]> {
  const asked: Asked[] = [];
  const queue = new PQueue({ concurrency: 4 });
  let silent = 0;
  await queue.addAll(
    requests.map(({ file, address }) => async () => {
      if (hasBlob(context.store, file.sha256, file.size)) return;
      // As above: what answers nothing is not asked for each of three hundred files.
      const answer =
        silent > 2
          ? ({ answer: 'unreachable', said: `${root} did not answer before` } as const)
          : await take(file, address, context);
      if (answer === undefined) return;
      if (answer.answer === 'unreachable') silent += 1;
      asked.push({ file, root, ...answer });
    }),
  );
  return asked;
}

async function take(
  file: LockedFile,
  address: string,
  context: SourceContext,
): Promise<Pick<Asked, 'answer' | 'said'> | undefined> {
  const { store, signal } = context;
  try {
    if (/^(file|copy):/.test(address)) return await takeLocal(file, address, context);
    await downloadBlob(
      store,
      [address],
      { digest: file.sha256, size: file.size },
      { signal, pauses: [500, 2000] },
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const said = error.message;
    if (error.code === 'digest-mismatch' || error.code === 'too-large') return { answer: 'other', said };
    return { answer: / answers 40[34]\b| answers 410\b/.test(said) ? 'absent' : 'unreachable', said };
  }
}

async function takeLocal(
  file: LockedFile,
  address: string,
  { store }: SourceContext,
): Promise<Pick<Asked, 'answer' | 'said'> | undefined> {
  const path = fileURLToPath(address.replace(/^copy:/, 'file:'));
  if (!existsSync(path)) return { answer: 'absent', said: `there is no file ${path}` };
  const copy = join(store.root, 'tmp', localName(file));
  await copyFile(path, copy);
  await putFile(store, copy, { digest: file.sha256, size: file.size });
  return undefined;
}

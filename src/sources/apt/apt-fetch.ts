import { copyFileSync, existsSync, lstatSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { hasBlob, putFile, removeFolder } from '../../store/index.ts';
import { aptHost, archiveRoots } from './apt-host.ts';
import { writeAptSettings } from './apt-state.ts';
import type { SourceContext } from '../context.ts';
import { fileName, type LockedFile } from '../locked.ts';
import { lastLines, run } from '../../host/programs/program.ts';

const helper = '/usr/lib/apt/apt-helper';
/** Files a call; what a call has fetched is in the store when it ends, whatever becomes of the next. */
const batchSize = 40;
const progressInterval = 250;

/** What could not be fetched, and what apt said about it. */
export interface AptMisses {
  readonly files: readonly LockedFile[];
  readonly said: string;
}

/**
 * Fetches files of Debian's archive into the store, from the first of the host's mirrors that has each, with apt's own
 * means: its proxies, credentials and certificates are the host's. Needs no package lists: the digests are known.
 */
export async function fetchFromArchive(
  files: readonly LockedFile[],
  what: string,
  context: SourceContext,
): Promise<AptMisses> {
  let missing = files.filter((file) => !hasBlob(context.store, file.sha256, file.size));
  if (missing.length === 0) return { files: [], said: '' };
  const { architecture } = await aptHost();
  const { folder, settings } = writeAptSettings(context.store, architecture);
  const said: string[] = [];
  const total = missing.reduce((sum, file) => sum + file.size, 0);
  const progress = (): void => {
    const done = files.reduce((sum, file) => sum + sizeSoFar(join(folder, localName(file))), 0);
    context.onProgress?.({ what, done: Math.min(total, kept + done), total });
  };
  let kept = 0;
  const timer = setInterval(progress, progressInterval);
  try {
    progress();
    for (const root of await archiveRoots()) {
      const left: LockedFile[] = [];
      for (let start = 0; start < missing.length; start += batchSize) {
        const batch = missing.slice(start, start + batchSize);
        const { exitCode, stdout, stderr } = await run(
          helper,
          [
            ...['-c', settings, '-o', 'Acquire::Retries=2', 'download-file'],
            ...batch.flatMap((file) => [
              root + escapePath(file.file),
              join(folder, localName(file)),
              `SHA256:${file.sha256}`,
            ]),
          ],
          { cwd: folder, signal: context.signal, from: 'apt' },
        );
        if (exitCode !== 0)
          said.push(
            complaints(`${stdout}
${stderr}`),
          );
        for (const file of batch) {
          if (await keep(join(folder, localName(file)), file, context)) kept += file.size;
          else left.push(file);
        }
      }
      missing = left;
      if (missing.length === 0) break;
    }
    progress();
  } finally {
    clearInterval(timer);
    await removeFolder(folder);
  }
  return { files: missing, said: said.join('\n') };
}

/** apt's errors: of a failed fetch the address and why. */
function complaints(output: string): string {
  const lines = output.split('\n').filter((line) => /^[EW]: /.test(line) && line !== 'E: Download Failed');
  return lines.length > 0 ? lines.map((line) => line.slice(3)).join('\n') : lastLines(output, 4);
}

/** Two files of one name can be wanted at once (epochs are not in file names), two of one digest cannot. */
function localName(file: LockedFile): string {
  return `${file.sha256}.${fileName(file.file)}`;
}

async function keep(path: string, file: LockedFile, context: SourceContext): Promise<boolean> {
  if (!existsSync(path)) return false;
  // Of a file: archive apt gives a link.
  if (lstatSync(path).isSymbolicLink()) {
    const copy = `${path}.copy`;
    copyFileSync(path, copy);
    unlinkSync(path);
    path = copy;
  }
  try {
    await putFile(context.store, path, { digest: file.sha256, size: file.size });
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code === 'digest-mismatch') return false;
    throw error;
  }
}

function sizeSoFar(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** As apt writes it: "+" and ":" are escaped too, some mirrors insist. */
function escapePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

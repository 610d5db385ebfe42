import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, type ByteSource } from '../../base/index.ts';
import { sealedSource, writeCanonical, type SealedVolume } from '../../disk/index.ts';
import { openQcow2Disk } from '../../formats/qcow2/index.ts';
import type { Start } from '../../guest/index.ts';
import { version } from '../../host/index.ts';
import { folderByRename, openFile } from '../../image/index.ts';
import { gateStatement, sealStatement, type Subject } from '../../provenance/index.ts';
import { paperFiles } from '../../recipe/index.ts';
import { isPaperFile, marks } from '../../registry/index.ts';
import { hashFile, listOutput } from '../../store/index.ts';
import { withServedDisk, type DiskImage } from '../../vm/index.ts';
import type { BootFiles } from '../boot/boot-files.ts';
import { withProgress } from '../reporters/progress-line.ts';
import { sealGate } from './seal-gate.ts';

export interface SealRequest {
  /** The disk to seal, and the loader, QEMU and disc of the product it was installed with. */
  readonly files: BootFiles;
  /** That product's folder. */
  readonly from: string;
  /** The folder to make. */
  readonly output: string;
  readonly playJournal: boolean;
  readonly guest: string | undefined;
  /** The volume to boot; needed where the disk has several. */
  readonly volume: string | undefined;
  readonly flags: string;
  readonly waitFor: string | undefined;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

export interface SealedProduct {
  readonly size: number;
  readonly sha256: string;
  readonly volumes: readonly SealedVolume[];
  readonly milestones: readonly string[];
}

const diskName = 'disk.qcow2';

/**
 * Makes a product of a disk that a guest was installed onto: its disk flattened, without what its volumes do not use, in
 * canonical form; the product's other files; what it all is; and the proof that the loader boots it. It appears by
 * rename.
 * @throws Failure 'snapshots', 'journal', 'not-a-volume'; BootFailure
 */
export async function seal(request: SealRequest): Promise<SealedProduct> {
  const { files, from, output, playJournal, signal } = request;
  return withDisk(files, async (disk) => {
    const { source, volumes } = await sealedSource(disk, playJournal);
    const volume = pick(volumes, request.volume);
    return folderByRename(output, async (folder) => {
      for (const name of await readdir(from)) {
        if (/\.qcow2$/.test(name) || isPaperFile(name) || marks.includes(name)) continue;
        await cp(join(from, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
      }
      const path = join(folder, diskName);
      const written = await withProgress('seal', (onProgress) =>
        writeCanonical(source, path, { signal, onProgress }),
      );
      const { log, milestones } = await sealGate({
        ...request,
        qemu: files.qemu,
        loader: startOf(files).loader,
        folder,
        disk: path,
        disc: files.iso,
        volume: volume.name,
      });
      await writeFile(join(folder, 'milestones.txt'), log);
      await writeFile(
        join(folder, 'sealed.json'),
        `${JSON.stringify(await aboutOf(request, volumes, written), null, 2)}\n`,
      );
      await writePapers(request, folder, milestones);
      return { ...written, volumes, milestones };
    });
  });
}

/** Opens the disk in an image of any format; internal snapshots are not what is sealed. */
async function withDisk<T>({ qemu, disk }: BootFiles, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const { file, format, backing, dataFile } = disk;
  if (format === 'qcow2') await refuseSnapshots(disk);
  const isAlone = backing === undefined && dataFile === undefined;
  if (!isAlone || !['qcow2', 'raw'].includes(format))
    return withServedDisk(qemu, { file, format, writable: false, onTop: !isAlone }, use);
  const source = await openFile(file);
  try {
    const own = format === 'raw' ? source : await openQcow2Disk(source);
    if (own !== undefined) return await use(own);
  } finally {
    await source.close();
  }
  return withServedDisk(qemu, { file, format, writable: false }, use);
}

async function refuseSnapshots({ file }: DiskImage): Promise<void> {
  const source = await openFile(file);
  try {
    const count = Buffer.from(await source.read(60, 4)).readUInt32BE();
    if (count === 0) return;
    throw new Failure(
      'snapshots',
      `${file} has internal snapshots (${count}), which a sealed disk cannot have`,
      {
        hint: `qemu-img snapshot -l ${file} lists them; qemu-img snapshot -d NAME ${file} removes one.`,
      },
    );
  } finally {
    await source.close();
  }
}

function pick(volumes: readonly SealedVolume[], wanted: string | undefined): SealedVolume {
  const found = volumes.filter(({ name }) => wanted === undefined || name === wanted);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = volumes.map(({ name }) => JSON.stringify(name)).join(', ');
  throw new Failure('usage', `which volume is to be booted is not clear: the disk has ${names}`, {
    hint: 'Name it: --volume NAME.',
  });
}

/** A sealed disk has been started by a loader; findBootFiles finds nothing else unless it is asked for UEFI. */
function startOf({ start }: BootFiles): Extract<Start, { by: 'seabios' }> {
  if (start.by === 'seabios') return start;
  throw new Failure('usage', 'only a disk that a loader starts can be sealed');
}

async function aboutOf(
  { files, guest, flags }: SealRequest,
  volumes: readonly SealedVolume[],
  disk: { readonly size: number; readonly sha256: string },
): Promise<object> {
  const { loader, firmware } = startOf(files);
  const digest = async (path: string | undefined): Promise<string | undefined> =>
    path === undefined ? undefined : (await hashFile(path)).digest;
  return {
    form: 1,
    disk: { file: diskName, ...disk },
    volumes,
    ...(guest !== undefined && { guest }),
    machine: { type: 'q35', qemu: files.qemuVersion },
    loader: { sha256: await digest(loader), flags },
    ...(files.iso !== undefined && { disc: { sha256: await digest(files.iso) } }),
    ...(firmware !== undefined && { firmware: { sha256: await digest(firmware) } }),
  };
}

async function writePapers(
  { files, from, guest }: SealRequest,
  folder: string,
  milestones: readonly string[],
): Promise<void> {
  const subject = (await listOutput(folder, '/')).flatMap((entry): Subject[] =>
    entry.type === 'file' && entry.path !== 'milestones.txt'
      ? [{ name: entry.path, digest: { sha256: entry.digest } }]
      : [],
  );
  const { digest: disk } = await hashFile(files.disk.file);
  const before = await hashFile(join(from, paperFiles.provenance)).catch(() => undefined);
  const statement = sealStatement({ subject, disk, guest, before: before?.digest, version: version() });
  const put = (name: string, value: object): Promise<void> =>
    writeFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  await put(paperFiles.provenance, statement);
  await put(
    paperFiles['test-result'],
    gateStatement({ step: 'boot', recipe: 'seal', key: disk, milestones }, subject, []),
  );
  const all = (await listOutput(folder, '/')).flatMap((entry) =>
    entry.type === 'file' ? [`${entry.digest}  ${entry.path}\n`] : [],
  );
  await writeFile(
    join(folder, paperFiles.checksums),
    all.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join(''),
  );
}

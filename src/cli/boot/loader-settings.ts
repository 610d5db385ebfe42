import { FormatError, type ByteSource } from '../../base/index.ts';
import { findEntry, openData, openVolume } from '../../formats/hfsplus/index.ts';
import { bootPlistPath } from '../../guest/index.ts';
import { findHfsPlus, loaderTail, openImage } from '../../image/index.ts';
import { withServedDisk } from '../../vm/index.ts';
import type { BootFiles } from './boot-files.ts';

/** What a loader will find on a disk. */
interface Found {
  /** Seconds until it starts by itself; undefined when its settings name no time, or it has no settings. */
  readonly timeout: number | undefined;
  /** In bytes: how large the disk has to be for a loader to read its last files; undefined when it is. */
  readonly short: number | undefined;
}

/** What a loader will find on the installer's disc and on the guest's own disk. */
export interface FoundSettings {
  readonly disc: Found | undefined;
  readonly own: Found | undefined;
}

/** Largest file of settings that a loader reads, in bytes. */
const largest = 4095;

export async function findSettings({ qemu, disk, iso }: BootFiles): Promise<FoundSettings> {
  return { disc: iso === undefined ? undefined : await onImage(iso), own: await onDisk(qemu, disk) };
}

/**
 * What the user should know of the loader's settings on the disks before the guest starts.
 * @param driven whether the menu will be driven
 * @param snapshot whether what the guest writes is thrown away
 */
export function settingsNotes(
  { disk, iso }: Pick<BootFiles, 'disk' | 'iso'>,
  { disc, own }: FoundSettings,
  { driven, snapshot }: { readonly driven: boolean; readonly snapshot: boolean },
): string[] {
  const notes: string[] = [];
  if (!driven && ![disc, own].some((each) => (each?.timeout ?? 0) > 0))
    notes.push(
      'no disk sets a Timeout for the loader, so it will wait at its prompt: press Enter there, or give --loader-flags',
    );
  const padded = (file: string): string =>
    `${file} ends less than 64 sectors after its last files, and a loader reads 64 sectors ahead: ` +
    'it is attached with zeros appended; the file is not changed';
  if (disc?.short !== undefined) notes.push(padded(iso ?? ''));
  if (own?.short !== undefined)
    notes.push(
      snapshot
        ? padded(disk.file)
        : `the last files of ${disk.file} cannot be read by a loader, which reads 64 sectors ahead: \`cidermill disk grow\` repairs that`,
    );
  return notes;
}

async function onImage(path: string): Promise<Found | undefined> {
  const image = await openImage(path).catch(ofFormat);
  if (image === undefined) return undefined;
  try {
    return await lookAt(image.disk);
  } finally {
    await image.close();
  }
}

async function onDisk(qemu: string, { file, format }: BootFiles['disk']): Promise<Found | undefined> {
  if (format === 'raw') return onImage(file);
  return withServedDisk(qemu, { file, format, writable: false }, lookAt);
}

async function lookAt(disk: ByteSource): Promise<Found | undefined> {
  const found = await findHfsPlus(disk).catch(ofFormat);
  if (found === undefined) return undefined;
  const volume = await openVolume(found.volume).catch(ofFormat);
  const entry = volume && findEntry(volume, bootPlistPath);
  const tail = await loaderTail(disk);
  const short = tail?.isEnough === false ? tail.wanted : undefined;
  if (volume === undefined || entry?.kind !== 'file') return { timeout: undefined, short };
  const data = await openData(volume, entry);
  const text = Buffer.from(await data.read(0, Math.min(data.size, largest))).toString('latin1');
  const timeout = /<key>Timeout<\/key>\s*<(?:string|integer)>\s*(\d+)/.exec(text)?.[1];
  return { timeout: timeout === undefined ? undefined : Number(timeout), short };
}

/** What is no disk, or damaged, is the guest's matter. */
function ofFormat(error: unknown): undefined {
  if (error instanceof FormatError) return undefined;
  throw error;
}

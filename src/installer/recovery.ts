import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../base/index.ts';
import { findEntry, openVolume, type HfsVolume } from '../formats/hfsplus/index.ts';
import { slice } from '../formats/source/index.ts';
import {
  describeDmg,
  openImage,
  parseImagePath,
  showImagePath,
  type DmgInfo,
  type ImagePath,
} from '../image/index.ts';
import { readProductVersion, type ProductVersion } from './system-version.ts';

/** A base system, the small system that recovery and installers start. */
export interface Recovery {
  /** The image of its disk. */
  readonly place: ImagePath;
  /** Where it was found, for people. */
  readonly from: string;
  /** Of the disk, in bytes. */
  readonly size: number;
  /** The disk's partition map. */
  readonly map: DmgInfo['map'];
  /** What its SystemVersion.plist says; undefined on APFS, which is not read here. */
  readonly system: ProductVersion | undefined;
  /** Does its HFS+ header name what a Mac's firmware starts? Undefined on APFS. */
  readonly isBlessed: boolean | undefined;
}

const baseName = 'BaseSystem.dmg';
const support = 'Contents/SharedSupport';

/**
 * Finds the base system of any release: BaseSystem.dmg itself, an InstallESD.dmg with one, or the application that has
 * either.
 * @throws Failure 'not-an-installer' that says what was seen; FormatError when something is damaged
 */
export async function findRecovery(path: string | ImagePath): Promise<Recovery> {
  const given = parseImagePath(path);
  const isFolder = (await stat(given.file).catch(() => undefined))?.isDirectory() === true;
  const inBundle = isFolder && !existsSync(join(given.file, 'bands'));
  const place = inBundle ? { ...given, file: fileOf(given.file) } : given;
  return (
    (await lookIn(place)) ??
    (await lookIn({ ...place, inside: [...place.inside, baseName] })) ??
    nothing(place)
  );
}

/** The image in an installer's application. */
function fileOf(application: string): string {
  const names = [baseName, 'InstallESD.dmg'].map((name) => join(application, support, name));
  const found = names.find((name) => existsSync(name));
  if (found !== undefined) return found;
  const isOneArchive = existsSync(join(application, support, 'SharedSupport.dmg'));
  throw new Failure(
    'not-an-installer',
    isOneArchive
      ? `${application} keeps its base system in an archive in SharedSupport.dmg, which is not read`
      : `${application} has no ${baseName} and no InstallESD.dmg in ${support}`,
    { hint: `Give the ${baseName} of that release's recovery.` },
  );
}

/** @returns undefined where the place is an InstallESD.dmg, whose base system is a file in it */
async function lookIn(place: ImagePath): Promise<Recovery | undefined> {
  const { partitions, problems, map } = await describeDmg(place);
  const image = await openImage(place);
  try {
    const found = { place, from: showImagePath(place), size: image.disk.size, map };
    for (const { offset, size, volume } of partitions) {
      if (volume?.format !== 'HFS+' && volume?.format !== 'HFSX') continue;
      const opened = await openVolume(slice(image.disk, offset, size));
      if (findEntry(opened, baseName)?.kind === 'file' && place.inside.at(-1) !== baseName) return undefined;
      const system = await readProductVersion(opened);
      if (system !== undefined && system.version !== '')
        return { ...found, system, isBlessed: isBlessed(opened) };
    }
    if (partitions.some(({ volume }) => volume?.format === 'APFS'))
      return { ...found, system: undefined, isBlessed: undefined };
    return nothing(place, problems);
  } finally {
    await image.close();
  }
}

function isBlessed({ header }: HfsVolume): boolean {
  return [0, 1, 5].some((field) => (header.finderInfo[field] ?? 0) !== 0);
}

/** @param problems what could not be read there, which may be why nothing was seen */
function nothing(place: ImagePath, problems: readonly string[] = []): never {
  const unread = problems.map((problem) => `; ${problem}`).join('');
  throw new Failure(
    'not-an-installer',
    `${showImagePath(place)} holds no base system: no HFS+ volume whose SystemVersion.plist names a version, and no APFS container${unread}`,
    { hint: `Give ${baseName}, or the application or InstallESD.dmg that has it.` },
  );
}

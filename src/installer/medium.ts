import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, type ByteSource } from '../base/index.ts';
import { findEntry, openVolume, type HfsVolume } from '../formats/hfsplus/index.ts';
import type { BlockTable } from '../formats/udif/index.ts';
import { readXar } from '../formats/xar/index.ts';
import {
  findHfsPlus,
  openDisk,
  openOuter,
  openNested,
  parseImagePath,
  showImagePath,
  type ImagePath,
} from '../image/index.ts';
import { laterInstaller } from './later.ts';
import { findPacked, type UnpackOptions } from './packed.ts';
import { readSystemVersion, type SystemVersion } from './system-version.ts';

/** An image with the HFS+ volume that counts in it. */
export interface OpenedImage {
  readonly place: ImagePath;
  /** The image file as it is stored. */
  readonly source: ByteSource;
  /** Where the disk's bytes come from. */
  readonly tables: readonly BlockTable[];
  readonly disk: ByteSource;
  readonly volume: HfsVolume;
  /** Where the volume's partition lies in the disk, in bytes. */
  readonly offset: number;
  readonly size: number;
}

/** An installer, unwrapped. */
export interface Medium {
  /** Where it was found, for people: InstallESD.dmg, the package that had it packed, the DVD. */
  readonly from: string;
  /** The file that was given, or InstallESD.dmg in the application that was. */
  readonly file: string;
  readonly system: SystemVersion;
  /** What becomes the disc: the DVD itself, or BaseSystem.dmg. */
  readonly base: OpenedImage;
  /** InstallESD.dmg, which holds the base system and the packages; undefined of a DVD. */
  readonly esd: OpenedImage | undefined;
  /** Closes the files, and removes what was unpacked. */
  readonly close: () => Promise<void>;
}

const esdPath = 'Contents/SharedSupport/InstallESD.dmg';
const baseName = 'BaseSystem.dmg';

/** The application in a package in an image: deeper than Apple's ever were. */
const deepest = 4;

/**
 * Finds what installs in whatever a user has: the application, InstallESD.dmg, or an image or a package around one.
 * @throws Failure 'not-an-installer' that says what was seen; FormatError when something is damaged
 */
export async function openMedium(
  path: string | ImagePath,
  options: UnpackOptions = { scratch: tmpdir() },
): Promise<Medium> {
  let place = parseImagePath(path);
  const given = place.file;
  if (place.inside.length === 0 && (await isFolder(given)) && !existsSync(join(given, 'bands'))) {
    const later = laterInstaller(given);
    if (later !== undefined) throw later;
    place = { ...place, file: join(given, esdPath) };
    if (!existsSync(place.file))
      throw new Failure('not-an-installer', `${given} holds no ${esdPath}`, { hint: whatToGive });
  }
  const image = place.file;
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const each of closing.splice(0)) await each();
  };
  const open = async (at: ImagePath): Promise<ByteSource> => {
    const outer = await openOuter(at);
    closing.push(outer.close);
    return outer.source;
  };
  try {
    let file = await open(place);
    let from: string | undefined;
    for (let depth = 0; depth < deepest; depth++) {
      const found = await findMedium(await openNested(file, place.inside, place.password), place, options);
      if ('system' in found) return { ...found, from: from ?? showImagePath(place), file: image, close };
      if ('unpacked' in found) {
        closing.push(() => rm(found.unpacked, { force: true }));
        from = showImagePath(place);
        place = { file: found.unpacked, inside: [] };
        file = await open(place);
      } else place = found;
    }
    throw new Failure('not-an-installer', `${showImagePath(place)}: nested too deeply to be an installer`);
  } catch (error) {
    await close();
    throw error;
  }
}

/** @returns the medium, or where to look next: there, or in a file that was unpacked */
async function findMedium(
  source: ByteSource,
  place: ImagePath,
  options: UnpackOptions,
): Promise<Omit<Medium, 'close' | 'from' | 'file'> | ImagePath | { readonly unpacked: string }> {
  const within = (path: string): ImagePath => ({ ...place, inside: [...place.inside, path] });
  if ((await readXar(source)) !== undefined) {
    const packed = await findPacked(source, options);
    if (packed === undefined)
      throw new Failure(
        'not-an-installer',
        `the package ${showImagePath(place)} holds no InstallESD.dmg, neither in its payload nor beside it`,
      );
    return 'at' in packed ? within(packed.at) : packed;
  }
  const image = await openVolumeOf(source, place);
  if (findEntry(image.volume, baseName)?.kind === 'file') {
    const inner = within(baseName);
    const base = await openVolumeOf(await openNested(source, [baseName], place.password), inner);
    const system = await readSystemVersion(base.volume);
    if (system?.release.medium === 'esd') return { system, base, esd: image };
    throw new Failure('not-an-installer', `${showImagePath(inner)} holds no system of OS X 10.7 to 10.12`);
  }
  const next = wrapped(image.volume);
  if (next !== undefined) return within(next);
  const system = await readSystemVersion(image.volume);
  if (system?.release.medium === 'dvd') return { system, base: image, esd: undefined };
  throw new Failure(
    'not-an-installer',
    system === undefined
      ? `${showImagePath(place)} holds no installer: its volume has neither BaseSystem.dmg nor an installer application or package`
      : `${showImagePath(place)} is a system of OS X ${system.version} without the packages that InstallESD.dmg has`,
    { hint: whatToGive },
  );
}

const whatToGive =
  'Give the application "Install OS X ….app", its Contents/SharedSupport/InstallESD.dmg, or the image or package it came in.';

/** The installer in a volume's root folder: an application's image, or a package. */
function wrapped({ catalog, ...volume }: HfsVolume): string | undefined {
  const names = [...(catalog.root.children?.values() ?? [])].map(({ name }) => name).sort();
  const apps = ['', ...names.filter((name) => name.endsWith('.app')).map((name) => `${name}/`)];
  const esd = apps.map((app) => `${app}${esdPath}`).find((path) => findEntry({ catalog, ...volume }, path));
  return esd ?? names.find((name) => name.endsWith('.pkg'));
}

async function openVolumeOf(source: ByteSource, place: ImagePath): Promise<OpenedImage> {
  const { tables, disk } = await openDisk(source);
  const { volume, offset } = await findHfsPlus(disk);
  return { place, source, tables, disk, volume: await openVolume(volume), offset, size: volume.size };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

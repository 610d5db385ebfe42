import { Command } from 'commander';
import { Failure, FormatError } from '../../../../base/index.ts';
import type { Image, Numbered, ImagePath, Volume } from '../../../../image/index.ts';
import { passwordOption, placeWith } from '../../../password.ts';
import { formatBytes } from '../../../../text/format.ts';
import { printable } from '../../../../text/printable.ts';
import { entryLine, listPlace, type ListFlags } from '../hfs/list.ts';

export function dmgListCommand(): Command {
  return new Command('list')
    .description("List an image's partitions by number; with a path, a folder of its HFS+ volume.")
    .argument('<place>', 'IMAGE, IMAGE:/path, or OUTER.dmg:/inner.dmg')
    .option('-r, --recursive', 'also list all files of its HFS+ volumes, or of the folders in the folder')
    .addOption(passwordOption())
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill dmg list InstallESD.dmg
  cidermill dmg list InstallESD.dmg:/BaseSystem.dmg -r
  cidermill dmg list InstallESD.dmg:/Packages`,
    )
    .action(async (path: string, flags: ListFlags) => {
      const place = await placeWith(path, flags);
      const image = await imageAt(place);
      if (image === undefined) {
        await listPlace(place, flags);
        return;
      }
      try {
        await listImage(image, flags);
      } finally {
        await image.close();
      }
    });
}

/** The image that a place names as a whole; undefined when it goes on to a folder or to a file that is not an image. */
export async function imageAt(place: ImagePath): Promise<Image | undefined> {
  const { openImage } = await import('../../../../image/index.ts');
  if (place.inside.length === 0) return openImage(place);
  return openImage(place).catch((error: unknown) => {
    // What is wrong with the place itself is told by whoever goes there as to a folder or file.
    if (error instanceof FormatError || error instanceof Failure) return undefined;
    throw error;
  });
}

async function listImage(image: Image, { recursive, json }: ListFlags): Promise<void> {
  const { listFolder, partitionsOf, partitionSource, readVolumeIn } =
    await import('../../../../image/index.ts');
  const { openVolume } = await import('../../../../formats/hfsplus/index.ts');
  const listed: object[] = [];
  for (const partition of await partitionsOf(image.disk)) {
    const source = partitionSource(image.disk, partition);
    const found = await readVolumeIn(partition, source);
    if (json !== true) console.log(partitionLine(partition, found));
    const entries: object[] = [];
    if (recursive === true && (found?.format === 'HFS+' || found?.format === 'HFSX')) {
      const volume = await openVolume(source);
      for await (const entry of listFolder(volume, volume.catalog.root, true)) {
        if (json === true) entries.push(entry);
        else console.log(`    ${entryLine(entry)}`);
      }
    }
    listed.push({
      ...partition,
      ...(found === undefined ? {} : { volume: found }),
      ...(recursive === true ? { entries } : {}),
    });
  }
  if (json === true) console.log(JSON.stringify(listed, null, 2));
}

function partitionLine({ number, kind, name, offset, size }: Numbered, volume: Volume | undefined): string {
  return [
    `${String(number).padStart(2)}  ${printable(kind)}${name === '' ? '' : ` "${printable(name)}"`}`,
    `${formatBytes(size)} at ${offset}`,
    ...(volume === undefined
      ? []
      : [`${volume.format}${volume.name === undefined ? '' : ` "${printable(volume.name)}"`}`]),
  ].join('  ');
}

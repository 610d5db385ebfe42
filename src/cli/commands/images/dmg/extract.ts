import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { Failure } from '../../../../base/index.ts';
import type { Image } from '../../../../image/index.ts';
import { onInterrupt } from '../../../interrupt.ts';
import { passwordOption, placeWith } from '../../../password.ts';
import { showProgress } from '../../../reporters/progress-line.ts';
import { formatBytes } from '../../../../text/format.ts';
import { printable } from '../../../../text/printable.ts';
import { imageAt } from './list.ts';
import { extractPlace, type ExtractFlags } from '../hfs/extract.ts';

interface Flags extends ExtractFlags {
  readonly partition?: string;
}

export function dmgExtractCommand(): Command {
  return new Command('extract')
    .description('Write partitions as they are to files; with a path, extract a folder of the HFS+ volume.')
    .argument('<place>', 'IMAGE, IMAGE:/path, or OUTER.dmg:/inner.dmg')
    .requiredOption('-o, --output <path>', 'what to make: a file for one partition, else a folder')
    .option('--partition <number|name>', 'extract only this partition, as "dmg list" numbers it')
    .addOption(passwordOption())
    .option('--apple-double', 'of a folder: keep Finder info and resource forks, in "._name" beside each')
    .option('--outside-links', 'of a folder: also make symbolic links that lead out of it')
    .addHelpText(
      'after',
      `
Examples:
  cidermill dmg extract InstallESD.dmg --partition 2 -o volume.img
  cidermill dmg extract InstallESD.dmg:/BaseSystem.dmg -o partitions
  cidermill dmg extract InstallESD.dmg:/Packages -o Packages`,
    )
    .action(async (path: string, flags: Flags) => {
      const place = await placeWith(path, flags);
      const image = await imageAt(place);
      if (image === undefined) {
        if (flags.partition !== undefined)
          throw new Failure('usage', `${path} is not an image with partitions`);
        await extractPlace(place, flags);
        return;
      }
      try {
        await extractPartitions(image, flags);
      } finally {
        await image.close();
      }
    });
}

async function extractPartitions(image: Image, { output, partition }: Flags): Promise<void> {
  const { contentOf, extractPartition, findPartition, folderByRename, partitionsOf, partitionWork } =
    await import('../../../../image/index.ts');
  const all = await partitionsOf(image.disk);
  const signal = onInterrupt();
  const progress = showProgress('extract');
  if (partition !== undefined) {
    const one = findPartition(all, partition);
    const options = { onProgress: progress.take, signal };
    await extractPartition(image, one, output, options).finally(progress.end);
    console.log(`${output}: partition ${one.number}, ${formatBytes(one.size)}`);
    return;
  }
  const content = contentOf(all);
  const total = content.reduce((sum, each) => sum + partitionWork(image, each), 0);
  let before = 0;
  await folderByRename(output, async (folder) => {
    await mkdir(folder, { recursive: true });
    for (const each of content) {
      const onProgress = (done: number): void => progress.take(before + done, total);
      await extractPartition(image, each, join(folder, fileName(each)), { onProgress, signal });
      before += partitionWork(image, each);
    }
  }).finally(progress.end);
  for (const each of content) {
    console.log(`${join(output, fileName(each))}: ${printable(each.kind)}, ${formatBytes(each.size)}`);
  }
}

/** A partition's name comes from outside: of a path's characters none is left. */
function fileName({ number, name }: { readonly number: number; readonly name: string }): string {
  const safe = name.replace(/[^\p{L}\p{N} ._-]/gu, '_').slice(0, 60);
  return safe === '' ? `${number}.img` : `${number} ${safe}.img`;
}

import { Command } from 'commander';
import type { ExtractionPlan, ImagePath } from '../../../../image/index.ts';
import { onInterrupt } from '../../../interrupt.ts';
import { passwordOption, placeWith, type PasswordFlag } from '../../../password.ts';
import { showProgress } from '../../../reporters/progress-line.ts';
import { formatBytes } from '../../../../text/format.ts';
import { printableName } from '../../../../text/printable.ts';

export interface ExtractFlags extends PasswordFlag {
  readonly output: string;
  readonly appleDouble?: boolean;
  readonly outsideLinks?: boolean;
}

/** Longer lists are only counted. */
const mostNamed = 20;

export function extractCommand(): Command {
  return new Command('extract')
    .description(
      'Extract a folder’s contents, or a file, with modes, dates and links; compressed files are decoded.',
    )
    .argument('<place>', 'IMAGE, IMAGE:/path, or OUTER.dmg:/inner.dmg:/path')
    .requiredOption('-o, --output <folder>', 'the folder to make; it appears when it is whole')
    .addOption(passwordOption())
    .option('--apple-double', 'keep Finder info and resource forks, in a file "._name" beside each')
    .option('--outside-links', 'also make symbolic links that lead out of the folder')
    .addHelpText(
      'after',
      `
Examples:
  cidermill hfs extract InstallESD.dmg:/Packages -o Packages
  cidermill hfs extract InstallESD.dmg:/BaseSystem.dmg:/ -o base-system

Owners, extended attributes, devices and pipes are not extracted.`,
    )
    .action(async (path: string, flags: ExtractFlags) => extractPlace(await placeWith(path, flags), flags));
}

/** Extracts a folder's contents, or a file, out of a volume inside an image. */
export async function extractPlace(place: ImagePath, flags: ExtractFlags): Promise<void> {
  const { extractVolume, openInside } = await import('../../../../image/index.ts');
  const { volume, entry, close } = await openInside(place);
  try {
    const progress = showProgress('extract');
    const plan = await extractVolume(volume, entry, flags.output, {
      ...flags,
      onProgress: progress.take,
      signal: onInterrupt(),
    }).finally(progress.end);
    console.log(describe(flags.output, plan));
  } finally {
    await close();
  }
}

function describe(folder: string, { files, bytes, outside, devices, resourceForks }: ExtractionPlan): string {
  const named = (what: string, list: readonly string[]): string[] => [
    ...list.slice(0, mostNamed).map((each) => `left out, ${what}: ${printableName(each)}`),
    ...(list.length > mostNamed ? [`left out, ${what}: ${list.length - mostNamed} more`] : []),
  ];
  return [
    `${folder}: ${files} ${files === 1 ? 'file' : 'files'}, ${formatBytes(bytes)}`,
    ...named(
      'a link that points outside',
      outside.map(({ path, target }) => `${path} -> ${target}`),
    ),
    ...named('a device or pipe', devices),
    ...(resourceForks > 0 ? [`left out: ${resourceForks} resource forks, which --apple-double keeps`] : []),
  ].join('\n');
}

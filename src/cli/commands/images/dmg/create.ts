import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Failure } from '../../../../base/index.ts';
import { onInterrupt } from '../../../interrupt.ts';
import { withProgress } from '../../../reporters/progress-line.ts';
import { formatBytes, formatCount } from '../../../../text/format.ts';

interface Flags {
  readonly output: string;
  readonly kind?: 'zlib' | 'raw';
  readonly format?: 'UDZO' | 'UDRO';
  readonly level: number;
  readonly name?: string;
  readonly applications?: boolean;
  readonly xattrs?: boolean;
}

export function dmgCreateCommand(): Command {
  return new Command('create')
    .description(
      'Make a DMG of a folder, as an HFS+ volume; or of a whole disk, or a lone volume. The same gives the same bytes.',
    )
    .argument('<source>', 'a folder, or a disk image of any format')
    .requiredOption('-o, --output <file>', 'the .dmg to write; it appears when it is whole')
    .addOption(
      new Option('--kind <kind>', 'zlib: compressed; raw: as it is, without zeros; zlib by default').choices([
        'zlib',
        'raw',
      ]),
    )
    .addOption(
      new Option('--format <format>', "the same by hdiutil's names")
        .choices(['UDZO', 'UDRO'])
        .conflicts('kind'),
    )
    .option('--level <1-9>', 'compression level of zlib, from 1 (fast) to 9 (small)', level, 1)
    .option('--name <name>', "of a folder: the volume's name; the folder's when it is left out")
    .option('--applications', 'of a folder: with a link to /Applications in it')
    .option('--xattrs', 'of a folder: keep extended attributes, user.NAME as NAME (by getfattr)')
    .addHelpText(
      'after',
      `
Examples:
  cidermill dmg create build/MyApp -o MyApp.dmg --name "My App 1.2" --applications
  cidermill dmg create disk.img -o disk.dmg

A folder's files keep their modes, dates and links, and belong to root. The volume is dated by the newest change in the
folder, or by SOURCE_DATE_EPOCH, so that the same files give the same bytes. Another build of Node may have another zlib,
which compresses them to others; --kind raw does not depend on it. With --xattrs a file's user.com.apple.FinderInfo and
user.com.apple.ResourceFork become its Finder information and its resource fork.`,
    )
    .action(create);
}

async function create(source: string, flags: Flags): Promise<void> {
  const { createDmg, createFromFolder } = await import('../../../../image/index.ts');
  const { output, level, name, applications, xattrs } = flags;
  const format = flags.format ?? (flags.kind === 'raw' ? 'UDRO' : 'UDZO');
  const signal = onInterrupt();
  if (isFolder(source)) {
    const { size, fileSize, added } = await withProgress('create', (onProgress) =>
      createFromFolder(source, output, {
        format,
        level,
        name,
        applications,
        xattrs,
        date: sourceDate(),
        onProgress,
        signal,
      }),
    );
    console.log(
      `${output}: ${formatBytes(fileSize)} for a disk of ${formatBytes(size)} with ${formatCount(added.files, 'file')} and ${formatCount(added.folders, 'folder')}`,
    );
    return;
  }
  if (name !== undefined || applications !== undefined || xattrs !== undefined)
    throw new Failure(
      'usage',
      `--name, --applications and --xattrs are for a folder, and ${source} is not a folder`,
    );
  const { size, fileSize } = await withProgress('create', (onProgress) =>
    createDmg(source, output, { format, level, onProgress, signal }),
  );
  console.log(`${output}: ${formatBytes(fileSize)} for a disk of ${formatBytes(size)}`);
}

/** A sparse bundle is a folder too, and an image. */
function isFolder(path: string): boolean {
  const is = (each: string): boolean => statSync(each, { throwIfNoEntry: false })?.isDirectory() === true;
  return is(path) && !is(join(path, 'bands'));
}

/** https://reproducible-builds.org/specs/source-date-epoch/ */
function sourceDate(): Date | undefined {
  const text = process.env['SOURCE_DATE_EPOCH'] ?? '';
  return /^\d{1,10}$/.test(text) ? new Date(Number(text) * 1000) : undefined;
}

function level(text: string): number {
  if (!/^[1-9]$/.test(text)) throw new InvalidArgumentError('Expected a digit from 1 to 9.');
  return Number(text);
}

import { Command, InvalidArgumentError, Option } from 'commander';
import type { DmgInfo } from '../../image/index.ts';
import { onInterrupt } from '../interrupt.ts';
import { showProgress } from '../progress-line.ts';
import { formatBytes } from '../reporters/format.ts';
import { printable } from '../reporters/printable.ts';

export function dmgCommand(): Command {
  return new Command('dmg')
    .description("Look into Apple's disk images and convert them, without root and without mounting.")
    .addCommand(info())
    .addCommand(verify())
    .addCommand(convert())
    .addCommand(create());
}

function info(): Command {
  return new Command('info')
    .description('The chunks, checksums, partitions and volumes of an image.')
    .argument('<image>', 'a .dmg, or a raw disk image')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  cidermill dmg info InstallESD.dmg')
    .action(async (path: string, flags: { readonly json?: boolean }) => {
      const { describeDmg } = await import('../../image/index.ts');
      const found = await describeDmg(path);
      console.log(flags.json === true ? JSON.stringify(found, null, 2) : describe(found));
    });
}

function verify(): Command {
  return new Command('verify')
    .description('Decode all of an image and check every checksum it has.')
    .argument('<image>', 'a .dmg')
    .action(async (path: string) => {
      const { verifyDmg } = await import('../../image/index.ts');
      const progress = showProgress('verify');
      const { checked, unchecked } = await verifyDmg(path, {
        onProgress: progress.take,
        signal: onInterrupt(),
      }).finally(progress.end);
      console.log(
        checked.length > 0 ? `right: ${checked.map(printable).join(', ')}` : 'decoded; it has no checksums',
      );
      if (unchecked.length > 0) console.log(`without a checksum: ${unchecked.map(printable).join(', ')}`);
    });
}

function convert(): Command {
  return new Command('convert')
    .description('Write the whole disk an image holds, its partition map included, as a sparse raw image.')
    .argument('<image>', 'a .dmg: raw, zlib, bzip2, ADC, LZFSE or LZMA chunks')
    .argument(
      '<output>',
      'the .iso or .img to write; it appears when it is whole and its checksums are right',
    )
    .addHelpText('after', '\nExample:\n  cidermill dmg convert InstallESD.dmg InstallESD.iso')
    .action(async (path: string, output: string) => {
      const { convertDmg } = await import('../../image/index.ts');
      const progress = showProgress('convert');
      const { size, checked } = await convertDmg(path, output, {
        onProgress: progress.take,
        signal: onInterrupt(),
      }).finally(progress.end);
      const sums = checked.length > 0 ? `${checked.length} checksums right` : 'no checksums to check';
      console.log(`${output}: ${formatBytes(size)}, ${sums}`);
    });
}

function create(): Command {
  return new Command('create')
    .description(
      'Make a DMG of a whole disk or of a lone volume, on all cores. The same disk gives the same bytes.',
    )
    .argument('<image>', 'a raw disk image, or another that is to be made anew')
    .requiredOption('-o, --output <file>', 'the .dmg to write; it appears when it is whole')
    .addOption(
      new Option('--format <format>', 'UDZO: compressed by zlib; UDRO: as it is, without zeros')
        .choices(['UDZO', 'UDRO'])
        .default('UDZO'),
    )
    .option('--level <1-9>', 'of zlib; 1 is fast, 9 small', level, 1)
    .addHelpText('after', '\nExample:\n  cidermill dmg create disk.img -o disk.dmg')
    .action(
      async (
        path: string,
        flags: { readonly output: string; readonly format: 'UDZO' | 'UDRO'; readonly level: number },
      ) => {
        const { createDmg } = await import('../../image/index.ts');
        const progress = showProgress('create');
        const { size, fileSize } = await createDmg(path, flags.output, {
          format: flags.format,
          level: flags.level,
          onProgress: progress.take,
          signal: onInterrupt(),
        }).finally(progress.end);
        console.log(`${flags.output}: ${formatBytes(fileSize)} for a disk of ${formatBytes(size)}`);
      },
    );
}

function level(text: string): number {
  if (!/^[1-9]$/.test(text)) throw new InvalidArgumentError('It is a digit from 1 to 9.');
  return Number(text);
}

function describe(found: DmgInfo): string {
  const rows: [string, string][] = [
    ['format', found.format === 'udif' ? 'UDIF' : 'raw'],
    ['file', formatBytes(found.fileSize)],
    ['disk', `${formatBytes(found.sectors * 512)}, ${found.sectors} sectors`],
    ...Object.entries(found.chunks).map(([kind, { count, bytes }]): [string, string] => [
      `  ${kind}`,
      `${count} chunks, ${formatBytes(bytes)}`,
    ]),
    ['checksums', `data fork ${found.checksums.dataFork}, master ${found.checksums.master}`],
    ['map', { gpt: 'GPT', apm: 'Apple partition map', none: 'none' }[found.map]],
    ...found.partitions.map(({ kind, name, offset, size, volume }): [string, string] => [
      `  ${printable(kind)}`,
      [
        `at ${offset}, ${formatBytes(size)}`,
        name === '' ? '' : `"${printable(name)}"`,
        volume === undefined
          ? ''
          : `${volume.format}${volume.name === undefined ? '' : ` volume "${printable(volume.name)}"`}`,
      ]
        .filter((part) => part !== '')
        .join(', '),
    ]),
    ...found.problems.map((problem): [string, string] => ['problem', printable(problem)]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

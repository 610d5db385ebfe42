import { Command } from 'commander';
import { Failure } from '../../../../base/index.ts';
import type { DmgInfo } from '../../../../image/index.ts';
import { dmgCreateCommand } from './create.ts';
import { dmgExtractCommand } from './extract.ts';
import { dmgListCommand } from './list.ts';
import { catCommand } from '../hfs/cat.ts';
import { onInterrupt } from '../../../interrupt.ts';
import { passwordOption, placeWith, type PasswordFlag } from '../../../password.ts';
import { withProgress } from '../../../reporters/progress-line.ts';
import { formatBytes } from '../../../../text/format.ts';
import { printable } from '../../../../text/printable.ts';

const imagePlace =
  'a .dmg, .sparseimage, .sparsebundle or raw image; OUTER.dmg:/inner.dmg for one inside another';

export function dmgCommand(): Command {
  return new Command('dmg')
    .description("Look into Apple's disk images and convert them, without root and without mounting.")
    .addCommand(info())
    .addCommand(verify())
    .addCommand(convert())
    .addCommand(dmgCreateCommand())
    .addCommand(dmgListCommand())
    .addCommand(catCommand('dmg'))
    .addCommand(dmgExtractCommand())
    .addHelpText(
      'after',
      `
"dmg" looks at whole images: their chunks, checksums and partitions. "hfs" looks into the HFS+ volume, and also checks
and changes it. A place that goes on after ":/" is in the volume: there "dmg list", "cat" and "extract" do what they do
in "hfs".

Examples:
  cidermill dmg info InstallESD.dmg
  cidermill dmg convert InstallESD.dmg -o InstallESD.iso
  cidermill dmg list InstallESD.dmg:/BaseSystem.dmg:/System/Library`,
    );
}

function info(): Command {
  return new Command('info')
    .description('Show the chunks, checksums, partitions and volumes of an image.')
    .argument('<image>', imagePlace)
    .addOption(passwordOption())
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  cidermill dmg info InstallESD.dmg')
    .action(async (path: string, flags: PasswordFlag & { readonly json?: boolean }) => {
      const { describeDmg } = await import('../../../../image/index.ts');
      const found = await describeDmg(await placeWith(path, flags));
      console.log(flags.json === true ? JSON.stringify(found, null, 2) : describe(found));
    });
}

function verify(): Command {
  return new Command('verify')
    .description('Decode all of an image and check every checksum it has.')
    .argument('<image>', imagePlace)
    .option(
      '--chunklist <file>',
      "also compare it with Apple's list of its chunks, such as BaseSystem.chunklist",
    )
    .option('--key <file>', 'the public key that has signed the list: PEM, or a modulus of 256 bytes')
    .addOption(passwordOption())
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill dmg verify InstallESD.dmg
  cidermill dmg verify InstallESD.dmg:/BaseSystem.dmg --chunklist InstallESD.dmg:/BaseSystem.chunklist`,
    )
    .action(async (path: string, flags: VerifyFlags) => {
      const { parseImagePath, verifyChunklist, verifyDmg } = await import('../../../../image/index.ts');
      const { chunklist, key, json = false } = flags;
      if (key !== undefined && chunklist === undefined) {
        throw new Failure('usage', '--key is for the signature of a --chunklist');
      }
      const signal = onInterrupt();
      const place = await placeWith(path, flags);
      const listed =
        chunklist === undefined
          ? undefined
          : await withProgress('chunklist', (onProgress) =>
              verifyChunklist(
                place,
                { ...parseImagePath(chunklist), password: place.password },
                { key, signal, onProgress },
              ),
            );
      if (listed !== undefined && !json)
        console.log(`all correct: ${listed.chunks} chunks of the list; ${vouchers[listed.vouched]}`);
      const found = await withProgress('verify', (onProgress) => verifyDmg(place, { onProgress, signal }));
      const { checked, unchecked } = found;
      if (json) {
        console.log(JSON.stringify({ ...found, ...(listed && { chunklist: listed }) }, null, 2));
        return;
      }
      console.log(
        checked.length > 0 ? `correct: ${checked.map(printable).join(', ')}` : 'decoded; it has no checksums',
      );
      if (unchecked.length > 0) console.log(`without a checksum: ${unchecked.map(printable).join(', ')}`);
    });
}

interface VerifyFlags extends PasswordFlag {
  readonly chunklist?: string;
  readonly key?: string;
  readonly json?: boolean;
}

const vouchers = {
  key: 'the list was signed with the key given',
  'unjudged-signature': 'the list is signed; the signature was not checked, since no --key was given',
  digest: 'the list has a digest in place of a signature, which does not prove who made it',
  unknown: 'the list has a signature of an unknown kind, which was not checked',
} as const;

function convert(): Command {
  return new Command('convert')
    .description('Write the whole disk an image holds, its partition map included, as a sparse raw image.')
    .argument('<image>', imagePlace)
    .argument('[output]', 'the same as --output')
    .option(
      '-o, --output <file>',
      'the .iso or .img to write; it appears when it is whole and its checksums are right',
    )
    .addOption(passwordOption())
    .addHelpText('after', '\nExample:\n  cidermill dmg convert InstallESD.dmg -o InstallESD.iso')
    .action(async (path: string, positional: string | undefined, flags: ConvertFlags) => {
      const output = flags.output ?? positional;
      if (output === undefined || (flags.output !== undefined && positional !== undefined))
        throw new Failure('usage', output === undefined ? 'no output is given' : 'two outputs are given', {
          hint: 'Give the file to write: -o OUTPUT.',
        });
      const { convertDmg } = await import('../../../../image/index.ts');
      const place = await placeWith(path, flags);
      const signal = onInterrupt();
      const { size, checked, isTailEnough } = await withProgress('convert', (onProgress) =>
        convertDmg(place, output, { onProgress, signal }),
      );
      const sums = checked.length > 0 ? `${checked.length} checksums right` : 'no checksums to check';
      console.log(`${output}: ${formatBytes(size)}, ${sums}`);
      if (!isTailEnough)
        console.error(
          'note: a loader, which reads 64 sectors ahead, cannot read the last files of this disk: ' +
            '`cidermill boot` attaches it with zeros behind it, `cidermill iso make` lays out a disc with room',
        );
    });
}

interface ConvertFlags extends PasswordFlag {
  readonly output?: string;
}

function describe(found: DmgInfo): string {
  const rows: [string, string][] = [
    ['format', { udif: 'UDIF', sparse: 'sparse', sparsebundle: 'sparse bundle', raw: 'raw' }[found.format]],
    ['file', formatBytes(found.fileSize)],
    ...(found.encryption === undefined ? [] : [['encryption', found.encryption] as [string, string]]),
    ...(found.segments === undefined ? [] : [['segments', String(found.segments)] as [string, string]]),
    ['disk', `${formatBytes(found.sectors * 512)}, ${found.sectors} sectors`],
    ...Object.entries(found.chunks).map(([kind, { count, bytes }]): [string, string] => [
      `  ${kind}`,
      `${count} chunks, ${formatBytes(bytes)}`,
    ]),
    ['checksums', `data fork ${found.checksums.dataFork}, master ${found.checksums.master}`],
    ['map', { gpt: 'GPT', apm: 'Apple partition map', mbr: 'MBR', none: 'none' }[found.map]],
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

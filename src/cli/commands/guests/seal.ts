import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { Failure } from '../../../base/index.ts';
import { findBootFiles } from '../../boot/boot-files.ts';
import { onInterrupt } from '../../interrupt.ts';
import { formatBytes, formatCount } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';

interface Flags {
  readonly from: string;
  readonly output: string;
  readonly diskFormat?: string;
  readonly backing?: string;
  readonly qemu?: string;
  readonly guest?: string;
  readonly volume?: string;
  readonly playJournal?: boolean;
  readonly loaderFlags: string;
  readonly waitFor?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

export function sealCommand(): Command {
  return new Command('seal')
    .description(
      'Make a product of a disk that a guest was installed onto: small, the same bytes for the same disk, and booted.',
    )
    .argument('<disk>', "the guest's disk; the guest must be shut down")
    .requiredOption(
      '--from <product>',
      'the product that it was installed with, such as artifacts/ready-image',
    )
    .requiredOption('-o, --output <folder>', 'the folder to make')
    .option(
      '--disk-format <format>',
      'the format of the disk; without it a qcow2 image is known by its header',
    )
    .option('--backing <folder>', 'with --disk-format: where the files lie that the disk is on top of')
    .option('--qemu <program>', "a QEMU other than the product's")
    .option('--guest <release>', 'the release that is installed, to be told with the product')
    .option('--volume <name>', 'the volume to boot, where the disk has several')
    .option('--play-journal', "write what a volume's journal still has to write")
    .option('--loader-flags <flags>', "kernel flags to type at the loader's prompt", '-v')
    .option(
      '--wait-for <text>',
      'what must appear after the loader: screen:TEXT, console:TEXT or serial:TEXT',
    )
    .option('--timeout <seconds>', 'how long the boot may take', seconds, 300)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The disk is flattened, blocks that its HFS+ volumes do not use become zeros, and it is written in one canonical form. The
loader must list the volume, take it and start it; your key is not asked for and not in the product.

Examples:
  cidermill seal mac.qcow2 --from artifacts/ready-image -o sealed --guest 10.10.5
  cidermill seal mine.qcow2 --disk-format qcow2 --backing . --from artifacts/ready-image -o sealed

Exit codes: 0 sealed, 1 the disk is at fault or did not boot, 2 wrong use, 130 interrupted`,
    )
    .action(async (disk: string, flags: Flags) => {
      if (flags.backing !== undefined && flags.diskFormat === undefined)
        throw new Failure('usage', '--backing needs the format of the image', {
          hint: 'Give --disk-format qcow2.',
        });
      const { seal } = await import('../../registry/seal.ts');
      const from = resolve(flags.from);
      const { diskFormat, backing, qemu, guest, volume, waitFor } = flags;
      const files = await findBootFiles(from, definedOf({ disk, diskFormat, backing, qemu }), false);
      const disc = await discOf(from);
      const sealed = await seal({
        files: { ...files, ...(disc !== undefined && { iso: disc }) },
        from,
        output: flags.output,
        playJournal: flags.playJournal === true,
        guest,
        volume,
        flags: flags.loaderFlags,
        waitFor,
        seconds: flags.timeout,
        signal: onInterrupt(),
      });
      if (flags.json === true) console.log(JSON.stringify({ output: flags.output, ...sealed }, null, 2));
      else {
        const { size, sha256, volumes, milestones } = sealed;
        for (const { name, dropped, played } of volumes)
          console.log(
            `"${printable(name)}": ${formatBytes(dropped)} unused, dropped${played > 0 ? `; ${formatCount(played, 'sector')} of its journal written` : ''}`,
          );
        console.log(
          `booted: ${formatCount(milestones.length, 'milestone')} (${milestones.map(printable).join(', ')})`,
        );
        console.log(`${flags.output}: disk.qcow2, ${formatBytes(size)}, sha256 ${sha256}`);
      }
    });
}

/** Without what was not given. */
function definedOf(flags: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(flags).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The disc of a product: its one .iso. */
async function discOf(folder: string): Promise<string | undefined> {
  const discs = (await readdir(folder)).filter((name) => name.endsWith('.iso'));
  return discs.length === 1 && discs[0] !== undefined ? join(folder, discs[0]) : undefined;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > 86_400)
    throw new InvalidArgumentError('Expected a whole number of seconds.');
  return value;
}

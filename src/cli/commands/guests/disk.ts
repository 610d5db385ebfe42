import { dirname, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { Failure } from '../../../base/index.ts';
import type { DiskInfo } from '../../../disk/index.ts';
import type { DiskTrust } from '../../../vm/index.ts';
import { solve, todaysHost } from '../../../guest/index.ts';
import { findGuest, parseSize } from '../../../recipe/index.ts';
import { qemuProgram } from '../../boot/boot-files.ts';
import { onInterrupt } from '../../interrupt.ts';
import { formatBytes } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';
import { openProject } from '../../workspace.ts';

interface ToolFlags {
  readonly qemu?: string;
  readonly raw?: boolean;
}

/** What the user says of an image that is there. */
interface ImageFlags extends ToolFlags {
  readonly diskFormat?: string;
  readonly backing?: string;
}

export function diskCommand(): Command {
  const command = new Command('disk').description(
    "Make, inspect, repair and grow guests' disks, without root and without mounting.",
  );
  return command.addCommand(make(command)).addCommand(info()).addCommand(fix()).addCommand(grow());
}

const rawOption = [
  '--raw',
  'treat a file without a partition map and without a volume as a raw disk',
] as const;
const qemuOption = ['--qemu <program>', 'qemu-system-x86_64 with qemu-img beside it, or its folder'] as const;

/** Options of the commands that open an image. */
function addImageOptions(command: Command): Command {
  return command
    .option(
      '--disk-format <format>',
      'the format of the image; without it a qcow2 image is known by its header',
    )
    .option('--backing <folder>', "with --disk-format: the folder of the disk's backing files")
    .option(...qemuOption)
    .option(...rawOption);
}

function trustOf({ diskFormat, backing, raw }: ImageFlags): DiskTrust & { readonly raw?: boolean } {
  if (backing !== undefined && diskFormat === undefined)
    throw new Failure('usage', '--backing needs the format of the image', {
      hint: 'Give --disk-format qcow2.',
    });
  return {
    ...(diskFormat !== undefined && { format: diskFormat }),
    ...(backing !== undefined && { backing }),
    ...(raw !== undefined && { raw }),
  };
}

interface NewFlags extends ToolFlags {
  readonly size?: number;
  readonly backing?: string;
  readonly backingFormat?: string;
  readonly volume?: string;
  readonly guest?: string;
}

function make(parent: Command): Command {
  return new Command('new')
    .description('Make a qcow2 disk: empty, ready to install onto, or on top of a base image.')
    .argument('<image>', 'the .qcow2 to write')
    .option('--size <size>', 'what the guest sees, such as 30G; the file grows as it is written to', bytes)
    .option('--volume <name>', 'with a GPT and an HFS+ volume of that name, and the loader’s settings in it')
    .option('--guest <release>', 'the release whose kernel flags the loader passes on')
    .option(
      '--backing <image>',
      'a base image that a team shares, a file or oci://HOST/REPOSITORY:TAG: this one holds what differs',
    )
    .option(
      '--backing-format <format>',
      'its format; needed when it is itself on top of another in its folder',
    )
    .option(...qemuOption)
    .option(...rawOption)
    .addHelpText(
      'after',
      `
Examples:
  cidermill disk new mac.qcow2 --size 30G
  cidermill disk new mac.qcow2 --size 30G --volume "Macintosh HD" --guest lion
  cidermill disk new mine.qcow2 --backing base.qcow2`,
    )
    .action(async (path: string, flags: NewFlags) => {
      const image = resolve(path);
      const { findDiskTools, newDisk } = await import('../../../disk/index.ts');
      const { size, volume } = flags;
      const backing = await backingFile(parent, flags.backing);
      const kernelFlags = flags.guest === undefined ? [] : flagsOf(parent, flags.guest);
      if (flags.guest !== undefined && volume === undefined)
        throw new Failure(
          'usage',
          "--guest needs --volume: the loader's settings are written into the volume",
          {
            hint: 'Give --volume NAME.',
          },
        );
      await newDisk(findDiskTools(qemuOf(flags)), image, {
        ...(size !== undefined && { size }),
        ...(backing !== undefined && { backing }),
        ...(flags.backingFormat !== undefined &&
          backing !== undefined && {
            backingTrust: { format: flags.backingFormat, backing: dirname(resolve(backing)) },
          }),
        raw: flags.raw,
        ...(volume !== undefined && { volume: { name: volume, loader: { timeout: 5, kernelFlags } } }),
      });
      console.log(
        [
          path,
          ...(size === undefined ? [] : [`: ${formatBytes(size)} for the guest`]),
          ...(backing === undefined
            ? []
            : [
                `, on top of ${backing}; use it with --disk-format qcow2 --backing ${dirname(resolve(backing))}`,
              ]),
          ...(volume === undefined ? [] : [`, with the volume "${volume}"`]),
          ...(kernelFlags.length === 0 ? [] : [`, started with ${kernelFlags.join(' ')}`]),
        ].join(''),
      );
    });
}

/** A base image of a registry is pulled once. */
async function backingFile(parent: Command, backing: string | undefined): Promise<string | undefined> {
  if (backing?.startsWith('oci://') !== true) return backing;
  const { baseDisk, pullOnce } = await import('../../registry/pull-once.ts');
  return baseDisk(await pullOnce(openProject(parent), backing, {}, onInterrupt()));
}

/** The kernel flags that a release may need on some host; on others they do no harm. */
function flagsOf(parent: Command, name: string): string[] {
  const { guest, update } = findGuest(openProject(parent), name);
  const situation = {
    ...todaysHost,
    kernel: '3.15',
    update,
    stage: 'installed',
    machine: 'q35',
    firmware: 'seabios',
    opencore: false,
    cpus: 2,
  } as const;
  const verdict = solve(guest, { ...situation, memory: 2048, net: 'e1000', ignoreMsrs: true });
  return verdict.kind === 'runs' ? verdict.kernelFlags.map(({ flag }) => flag) : [];
}

function info(): Command {
  const command = new Command('info')
    .description(
      'Show an image of any format that QEMU knows: its disk, the volumes on it, the system in them.',
    )
    .argument('<image>');
  return addImageOptions(command)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  cidermill disk info mac.qcow2')
    .action(async (image: string, flags: ImageFlags & { readonly json?: boolean }) => {
      const { describeDisk, findDiskTools } = await import('../../../disk/index.ts');
      const found = await describeDisk(findDiskTools(qemuOf(flags)), resolve(image), trustOf(flags));
      console.log(flags.json === true ? JSON.stringify(found, null, 2) : describe(found));
    });
}

function fix(): Command {
  const command = new Command('fix')
    .description(
      'Remove AppleIntelCPUPowerManagement.kext and its caches from an installed 10.6 or 10.7, so that it idles by HLT.',
    )
    .argument('<image>', "the guest's disk; the guest must be shut down");
  return addImageOptions(command)
    .addHelpText('after', '\nExample:\n  cidermill disk fix mac.qcow2')
    .action(async (image: string, flags: ImageFlags) => {
      const { findDiskTools, fixDisk } = await import('../../../disk/index.ts');
      const gone = await fixDisk(findDiskTools(qemuOf(flags)), resolve(image), trustOf(flags));
      console.log(
        gone === undefined
          ? `${image}: it has no AppleIntelCPUPowerManagement.kext; nothing was changed`
          : [`${image}: removed`, ...gone.map((path) => `  /${path}`)].join('\n'),
      );
    });
}

function grow(): Command {
  const command = new Command('grow')
    .description('Make a disk larger, and with it the HFS+ volume at its end.')
    .argument('<image>', "the guest's disk; the guest must be shut down")
    .argument('<size>', 'the new size of the disk, such as 64G', bytes);
  return addImageOptions(command)
    .addHelpText('after', '\nExample:\n  cidermill disk grow mac.qcow2 64G')
    .action(async (image: string, size: number, flags: ImageFlags) => {
      const { findDiskTools, growDisk } = await import('../../../disk/index.ts');
      const grown = await growDisk(findDiskTools(qemuOf(flags)), resolve(image), size, trustOf(flags));
      console.log(
        grown.kind === 'volume'
          ? `${image}: ${formatBytes(size)}, its volume ${formatBytes(grown.size)}`
          : `${image}: ${formatBytes(size)}; no HFS+ volume is at its end, so the new space is left to the guest`,
      );
    });
}

function qemuOf({ qemu }: ToolFlags): string | undefined {
  return qemu === undefined ? undefined : qemuProgram(qemu);
}

function bytes(text: string): number {
  const size = parseSize(text);
  if (size === undefined || size < 2 ** 20 || size % 512 !== 0)
    throw new InvalidArgumentError('Expected a size from 1M in whole sectors, such as 30G.');
  return size;
}

function describe({ format, size, taken, backing, dataFile, map, partitions }: DiskInfo): string {
  const rows: [string, string][] = [
    ['format', format],
    ['disk', formatBytes(size)],
    ['file', formatBytes(taken)],
    ...(backing === undefined ? [] : ([['backing', printable(backing)]] as [string, string][])),
    ...(dataFile === undefined ? [] : ([['data file', printable(dataFile)]] as [string, string][])),
    ['map', { gpt: 'GPT', apm: 'Apple partition map', mbr: 'MBR', none: 'none' }[map]],
    ...partitions.map((each): [string, string] => [
      `  ${printable(each.kind)}`,
      [
        `at ${each.offset}, ${formatBytes(each.size)}`,
        ...(each.name === '' ? [] : [`"${printable(each.name)}"`]),
        ...(each.format === undefined ? [] : [each.format]),
        ...(each.volume === undefined ? [] : [`volume "${printable(each.volume)}"`]),
        ...(each.system === undefined ? [] : [`OS X ${printable(each.system)}`]),
        ...(each.problem === undefined ? [] : [`problem: ${printable(each.problem)}`]),
      ].join(', '),
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

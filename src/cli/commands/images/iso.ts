import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { cannotRead, Failure } from '../../../base/index.ts';
import type { Recovery } from '../../../installer/index.ts';
import { onInterrupt } from '../../interrupt.ts';
import { passwordOption, placeWith, type PasswordFlag } from '../../password.ts';
import { withProgress } from '../../reporters/progress-line.ts';
import { formatBytes } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';

interface MakeFlags extends PasswordFlag {
  readonly output: string;
  readonly kernel?: string;
  readonly bootPlist?: string;
  readonly recovery?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function isoCommand(): Command {
  return new Command('iso')
    .description('Make bootable installer discs, without root, without mounting, without a Mac.')
    .addCommand(make());
}

function make(): Command {
  return new Command('make')
    .description(
      'Make the disc of an OS X installer (10.6 to 10.12) that a guest installs from, or the raw disk of a base system of any release.',
    )
    .argument(
      '<installer>',
      'the application "Install OS X ….app", its InstallESD.dmg, the image or package it came in, or a 10.6 DVD; with --recovery: BaseSystem.dmg, or what has it',
    )
    .requiredOption('-o, --output <iso>', 'the .iso to write; it appears when it is whole')
    .option('--kernel <file>', 'a kernel to use instead of the one in the packages (10.10 and later)')
    .option('--boot-plist <file>', "a boot loader's settings, put at /Extra/org.chameleon.Boot.plist")
    .option('--recovery', 'write the disk of BaseSystem.dmg as it is, for a start by OpenCore (docs/uefi.md)')
    .addOption(passwordOption())
    .option('--dry-run', 'only show what would be done and how large the disc would be')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill iso make "Install OS X Yosemite.app" -o yosemite.iso
  cidermill iso make InstallESD.dmg -o mavericks.iso --dry-run
  cidermill iso make InstallMacOSX.dmg -o sierra.iso
  cidermill iso make BaseSystem.dmg --recovery -o recovery.img

The release is read from inside, not from the file's name. Your installer and its licence are yours: nothing is downloaded.`,
    )
    .action(async (path: string, flags: MakeFlags) => {
      if (flags.recovery === true) {
        await makeRecovery(path, flags);
        return;
      }
      const { makeIso, openMedium, planIso } = await import('../../../installer/index.ts');
      const signal = onInterrupt();
      const place = await placeWith(path, flags);
      const medium = await withProgress('unpack', (onProgress) =>
        openMedium(place, { scratch: dirname(flags.output), onProgress, signal }),
      );
      try {
        const kernel = flags.kernel === undefined ? undefined : await read(flags.kernel);
        const plist = flags.bootPlist === undefined ? undefined : await read(flags.bootPlist);
        const plan = await planIso(medium, {
          kernel: kernel && { bytes: kernel, time: 0 },
          files: plist && new Map([['Extra/org.chameleon.Boot.plist', plist]]),
        });
        const report = {
          release: `${medium.system.release.name} ${medium.system.version}`,
          build: medium.system.build,
          from: medium.from,
          size: plan.size,
          tasks: plan.tasks,
        };
        if (flags.json !== true) console.log(describe(report));
        if (flags.dryRun !== true) {
          await withProgress('iso', (onProgress) =>
            makeIso(medium, plan, flags.output, { onProgress, signal }),
          );
          if (flags.json !== true)
            console.log(`${flags.output}: ${formatBytes(plan.size)}, all checksums right`);
        }
        if (flags.json === true) console.log(JSON.stringify(report, null, 2));
      } finally {
        await medium.close();
      }
    });
}

/** Writes a base system's disk, whatever its release. */
async function makeRecovery(path: string, flags: MakeFlags): Promise<void> {
  const refused = flags.kernel === undefined ? flags.bootPlist && '--boot-plist' : '--kernel';
  if (refused !== undefined)
    throw new Failure('usage', `${refused} changes the disc of an installer, and --recovery changes nothing`);
  const { findRecovery } = await import('../../../installer/index.ts');
  const { convertDmg } = await import('../../../image/index.ts');
  const signal = onInterrupt();
  const { place, ...found } = await findRecovery(await placeWith(path, flags));
  if (flags.json !== true) console.log(recoveryText(found));
  const converted =
    flags.dryRun === true
      ? undefined
      : await withProgress('disk', (onProgress) => convertDmg(place, flags.output, { onProgress, signal }));
  if (flags.json === true) console.log(JSON.stringify(found, null, 2));
  else if (converted !== undefined) {
    const { length } = converted.checked;
    const sums = length > 0 ? `${length} checksums right` : 'no checksums to check';
    console.log(`${flags.output}: ${formatBytes(converted.size)}, ${sums}`);
  }
}

/** What a base system is, a line each. */
function recoveryText({ system, isBlessed, from, size, map }: Omit<Recovery, 'place'>): string {
  const release =
    system === undefined
      ? 'an APFS container, which is not read here: whether a base system is in it, and of which release, is not known,'
      : [system.name, system.version, system.build === '' ? '' : `(${system.build})`]
          .filter(Boolean)
          .join(' ');
  return [
    `${printable(release)} from ${printable(from)}`,
    ...(isBlessed === false
      ? ['  its volume is not blessed: firmware finds boot.efi by its usual path alone']
      : []),
    ...(map === 'apm'
      ? [
          "  its partition map is Apple's old one, which OVMF does not read: OpenCore does, by its OpenPartitionDxe",
        ]
      : []),
    `  ${formatBytes(size)}, the disk as it is`,
  ].join('\n');
}

async function read(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw cannotRead(path, cause);
  });
}

function describe(report: {
  release: string;
  build: string;
  from: string | undefined;
  size: number;
  tasks: readonly string[];
}): string {
  return [
    `${printable(report.release)} (${printable(report.build)}) from ${printable(report.from ?? '')}`,
    ...report.tasks.map((task) => `  ${printable(task)}`),
    `  ${formatBytes(report.size)} in all`,
  ].join('\n');
}

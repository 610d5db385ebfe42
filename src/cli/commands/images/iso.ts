import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { cannotRead } from '../../../base/index.ts';
import { onInterrupt } from '../../interrupt.ts';
import { passwordOption, placeWith, type PasswordFlag } from '../../password.ts';
import { withProgress } from '../../reporters/progress-line.ts';
import { formatBytes } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';

interface MakeFlags extends PasswordFlag {
  readonly output: string;
  readonly kernel?: string;
  readonly bootPlist?: string;
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
    .description('Make the disc of an OS X installer (10.6 to 10.12) that a guest installs from.')
    .argument(
      '<installer>',
      'the application "Install OS X ….app", its InstallESD.dmg, the image or package it came in, or a 10.6 DVD',
    )
    .requiredOption('-o, --output <iso>', 'the .iso to write; it appears when it is whole')
    .option('--kernel <file>', 'a kernel to use instead of the one in the packages (10.10 and later)')
    .option('--boot-plist <file>', "a boot loader's settings, put at /Extra/org.chameleon.Boot.plist")
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

The release is read from inside, not from the file's name. Your installer and its licence are yours: nothing is downloaded.`,
    )
    .action(async (path: string, flags: MakeFlags) => {
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

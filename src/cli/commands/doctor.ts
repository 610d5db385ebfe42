import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import {
  checkUp,
  installPackages,
  installPrivilege,
  lookAround,
  packageOf,
  worst,
  type Check,
} from '../../host/index.ts';
import { findGuest } from '../../recipe/index.ts';
import { checkGuest, checkOsk } from '../boot/doctor-guest.ts';
import { exitCodes } from '../exit.ts';
import { makeColours, wantsColour, type Colours } from '../text/colours.ts';
import { printable } from '../text/printable.ts';
import { wrap } from '../text/text-width.ts';
import { openProject, storeFolder } from '../workspace.ts';

interface DoctorFlags {
  readonly guest?: string;
  readonly osk?: string;
  readonly qemu?: string;
  readonly fix?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
}

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Check every precondition on this host, and show how to fix what is missing.')
    .option('--guest <release>', 'also check what this release needs: lion, 10.7, 10.7.4')
    .option('--osk <reference>', 'where your key is: env:NAME, file:PATH or smc (default: CIDERMILL_OSK)')
    .option('--qemu <program>', 'the QEMU to look at (default: the one on PATH)')
    .option('--fix', 'install the missing host packages by apt')
    .option('--strict', 'treat warnings as faults')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill doctor
  cidermill doctor --guest yosemite --osk file:key

Exit codes: 0 no fault (there may be warnings), 1 a fault, or with --strict a warning`,
    )
    .action(async (flags: DoctorFlags) => {
      const project = openProject(command);
      const place = nearestFolder(storeFolder(project));
      const found = flags.guest === undefined ? undefined : findGuest(project, flags.guest);
      const look = async (): Promise<Check[]> => {
        const around = lookAround(place, flags.qemu);
        return [
          ...checkUp(around),
          await checkOsk(flags.osk ?? process.env['CIDERMILL_OSK'], around),
          ...(found === undefined ? [] : checkGuest(found.guest, found.update, around)),
        ];
      };
      let checks = await look();
      const packages = checks
        .filter((check) => check.mend?.startsWith('apt-get') === true)
        .map(({ name }) => packageOf(name));
      if (flags.fix === true && packages.length > 0) {
        await installPackages([...new Set(packages)], installPrivilege(process.stdin.isTTY));
        checks = await look();
      }
      const colours = makeColours(wantsColour(process.env, process.stdout.isTTY));
      console.log(flags.json === true ? JSON.stringify(checks, null, 2) : checkLines(checks, colours));
      const state = worst(checks);
      if (state === 'fault' || (flags.strict === true && state === 'warning'))
        process.exitCode = exitCodes.failed;
    });
  return command;
}

/** The folder itself, or the nearest one upwards that there is: looking must not make anything. */
function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}

const columns = 110;

function checkLines(checks: readonly Check[], colours: Colours): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = ' '.repeat(9 + width + 2);
  return checks
    .flatMap(({ name, state, finding, mend }) => {
      const mark = {
        ok: colours.green('ok     '),
        warning: colours.yellow('warning'),
        fault: colours.red('FAULT  '),
      }[state];
      const [first = '', ...rest] = wrap(printable(finding), columns - indent.length);
      return [
        `${mark}  ${name.padEnd(width)}  ${first}`,
        ...rest.map((line) => indent + line),
        ...(mend === undefined ? [] : [`${indent}→ ${printable(mend)}`]),
      ];
    })
    .join('\n');
}

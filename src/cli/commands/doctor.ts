import { Command } from 'commander';
import { checkUp, installPackages, installPrivilege, packageOf, type Check } from '../../host/index.ts';
import { exitCodes } from '../exit.ts';
import { openWorkspace } from '../workspace.ts';

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Every precondition on this host, and what mends it.')
    .option('--fix', 'install the missing host packages by apt')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExit codes: 0 all well (warnings included), 1 something is missing')
    .action(async (flags: { readonly fix?: boolean; readonly json?: boolean }) => {
      const { artifacts } = openWorkspace(command);
      let checks = checkUp(artifacts);
      const packages = checks
        .filter((check) => check.mend?.startsWith('apt-get') === true)
        .map(({ name }) => packageOf(name));
      if (flags.fix === true && packages.length > 0) {
        await installPackages([...new Set(packages)], installPrivilege(process.stdin.isTTY));
        checks = checkUp(artifacts);
      }
      console.log(flags.json === true ? JSON.stringify(checks, null, 2) : checks.map(checkLine).join('\n'));
      if (checks.some(({ state }) => state === 'fault')) process.exitCode = exitCodes.failed;
    });
  return command;
}

function checkLine({ name, state, finding, mend }: Check): string {
  const mark = { ok: 'ok     ', warning: 'warning', fault: 'FAULT  ' }[state];
  return `${mark}  ${name.padEnd(15)}  ${finding}${mend === undefined ? '' : `\n${' '.repeat(26)}→ ${mend}`}`;
}

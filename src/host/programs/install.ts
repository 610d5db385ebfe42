import { once } from 'node:events';
import { Failure } from '../../base/index.ts';
import { askProgram } from './ask-program.ts';
import { startProgram } from './start-program.ts';
import { findTool } from './tools.ts';

/** How this user may install packages: as root, through sudo without or with a password, or not at all. */
export type Privilege = 'root' | 'sudo' | 'sudo-password' | 'none';

/** @param terminal is there somebody who could type a password? */
export function installPrivilege(terminal: boolean): Privilege {
  if (findTool('apt-get') === undefined) return 'none';
  if (process.getuid?.() === 0) return 'root';
  if (findTool('sudo') === undefined) return 'none';
  if (askProgram('sudo', ['-n', 'true'])?.exitCode === 0) return 'sudo';
  return terminal ? 'sudo-password' : 'none';
}

/** The command a person would type to install packages. */
export function installCommand(packages: readonly string[]): string {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return `${sudo}apt-get install --no-install-recommends ${packages.join(' ')}`;
}

/**
 * Installs Debian packages on the host by apt, its lists brought up to date first where they do not know a package.
 * apt's own words go to standard error.
 * @throws Failure 'install-failed'
 */
export async function installPackages(packages: readonly string[], privilege: Privilege): Promise<void> {
  if (privilege === 'none') throw notInstalled(packages);
  const known = askProgram('apt-cache', ['show', '--no-all-versions', ...packages]);
  if (known?.exitCode !== 0) await apt(privilege, ['update', '-qq']);
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  if (await apt(privilege, install)) return;
  // Lists that know a package may still name a version the mirror has replaced since.
  await apt(privilege, ['update', '-qq']);
  if (!(await apt(privilege, install))) throw notInstalled(packages);
}

async function apt(privilege: Privilege, args: readonly string[]): Promise<boolean> {
  const command = [
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=120',
    ...args,
  ];
  const [program = 'env', ...rest] = privilege === 'root' ? command : ['sudo', ...command];
  const child = startProgram(program, rest, {
    stdio: [privilege === 'sudo-password' ? 'inherit' : 'ignore', 2, 2],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}

function notInstalled(packages: readonly string[]): Failure {
  return new Failure(
    'install-failed',
    `these host packages are needed and not installed: ${packages.join(' ')}`,
    {
      hint: `Install them: ${installCommand(packages)}`,
    },
  );
}

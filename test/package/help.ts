import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commandTable } from '../../src/cli/help/command-table.ts';
import { packageRoot } from '../../src/host/index.ts';

/** What `--help` says of a command: the names below it, and the options it takes. */
export interface Help {
  readonly commands: ReadonlySet<string>;
  readonly options: ReadonlySet<string>;
}

const known = new Map<string, Promise<Help>>();

/** @param command its words after `cidermill`: ['dmg', 'info'] */
export function helpOf(command: readonly string[]): Promise<Help> {
  const key = command.join(' ');
  const help = known.get(key) ?? readHelp(command);
  known.set(key, help);
  return help;
}

async function readHelp(command: readonly string[]): Promise<Help> {
  const launch = join(packageRoot, 'bin/cidermill.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [launch, ...command, '--help']);
  const section = (title: string): string =>
    new RegExp(`^${title}:\n((?:  .*\n|\n(?=  ))*)`, 'm').exec(stdout)?.[1] ?? '';
  if (command.length === 0)
    return {
      commands: new Set([...Object.keys(commandTable), 'help']),
      options: optionsOf(section('Options')),
    };
  const names = [...section('Commands').matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name = '']) => name);
  return { commands: new Set(names), options: optionsOf(section('Options')) };
}

function optionsOf(section: string): ReadonlySet<string> {
  const options = [...section.matchAll(/^ {2}(-.*?)(?: {2}|$)/gm)].flatMap(([, flags = '']) => [
    ...flags.matchAll(/--?[a-zA-Z][a-z-]*/g),
  ]);
  return new Set(options.map(([flag]) => flag));
}

import type { Command } from 'commander';
import { Failure, InvalidError } from '../../base/index.ts';
import { describeNamed } from '../../recipe/index.ts';
import { openProject } from '../workspace.ts';
import { parameterLines } from './described-lines.ts';

/** Lets the help of `run` show the parameters of what it names. Loaded for help alone: a run has no use for it. */
export function addParameterHelp(command: Command): Command {
  return command.addHelpText('after', () => parameterHelp(command));
}

/** What can be set of the pipeline or recipe that `run NAME --help` names; nothing where no such file exists, or it has faults. */
function parameterHelp(command: Command): string {
  const [name] = command.args;
  if (name === undefined) return '\n`cidermill run NAME --help` shows the parameters of NAME as well.';
  try {
    const { parameters } = describeNamed(openProject(command), name);
    if (parameters.length === 0) return `\n${name} has no parameters.`;
    return `\nParameters of ${name} (--set NAME=VALUE):\n${parameterLines(parameters).join('\n')}`;
  } catch (error) {
    if (error instanceof InvalidError || error instanceof Failure) return '';
    throw error;
  }
}

import { Command } from 'commander';
import type { ShellPlace } from '../../../engine/shell/shell.ts';
import { printable } from '../../../text/printable.ts';
import { onInterrupt } from '../../interrupt.ts';
import { addPlanOptions, makePlan, type PlanOptions } from '../../plan-options.ts';
import { showProgress } from '../../reporters/progress-line.ts';
import { openWorkspace } from '../../workspace.ts';

interface ShellFlags extends PlanOptions {
  readonly offline?: boolean;
}

export function shellCommand(): Command {
  const command = new Command('shell')
    .description(
      'Open a shell where the commands of a step run: its buildroot, its sources and inputs, no network.',
    )
    .argument('<pipeline>', 'a pipeline or a recipe')
    .argument('<step>', 'a step of it that starts commands')
    .argument('[command...]', 'after --: run this there, instead of a shell')
    .option('--offline', 'fetch nothing: use only what the store holds')
    .addHelpText(
      'after',
      `
The steps before it must have run. The work folder is removed when
the shell ends, and nothing in it is taken for the step's result.

Examples:
  cidermill shell quickstart seabios
  cidermill shell quickstart qemu-programs -- gcc --version

Exit codes: those of the command; 1 and 2 also as of other commands`,
    )
    .action(async (name: string, step: string, run: readonly string[], flags: ShellFlags) => {
      const { openShell } = await import('../../../engine/shell/shell.ts');
      const workspace = openWorkspace(command);
      const { plan, sources } = makePlan(workspace, name, flags);
      const progress = showProgress('fetching');
      process.exitCode = await openShell({
        ...{ store: workspace.store, plan, sources, step, command: run },
        offline: flags.offline === true,
        onHost: flags.environment === 'host',
        signal: onInterrupt(),
        onEvent: (event) => {
          if (event.type === 'step-fetching') progress.take(event.done, event.total ?? event.done);
        },
        onReady: (place) => {
          progress.end();
          if (run.length === 0) console.error(placeLines(step, place).join('\n'));
        },
      });
    });
  return addPlanOptions(command);
}

/** What a person finds there. */
function placeLines(step: string, place: ShellPlace): string[] {
  const { folder, sources, inputs, outputs, parameters, sandboxed } = place;
  const named = (title: string, paths: Readonly<Record<string, unknown>>): string[] =>
    Object.entries(paths).map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return `  ${title.padEnd(9)}  ${printable(name)}: ${printable(text)}`;
    });
  return [
    `${printable(step)}, ${sandboxed ? 'in its sandbox' : 'on this host'}; the work folder ${printable(folder)} is removed when this shell ends`,
    ...named('parameter', parameters),
    ...named('source', sources),
    ...named('input', inputs),
    ...named('output', outputs),
  ];
}

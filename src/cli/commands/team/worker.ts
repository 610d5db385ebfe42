import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import { onInterrupt } from '../../interrupt.ts';
import { positive } from '../../plan-options.ts';
import { printable } from '../../../text/printable.ts';
import { openWorkspace } from '../../workspace.ts';

interface WorkerFlags {
  readonly name: string;
  readonly slots: number;
  readonly capability: readonly string[];
}

export function workerCommand(): Command {
  const command: Command = new Command('worker')
    .description("Make steps of others' runs on this machine, until it is stopped (docs/workers.md).")
    .argument('<address>', 'the Redis that coordinators and workers share: redis://… or rediss://…')
    .option('--name <name>', 'what it is called', hostname().split('.')[0])
    .option('--slots <n>', 'how many steps it makes at once', positive, 1)
    .addOption(
      new Option(
        '--capability <what>',
        'what this machine can do that not every one can; it is tried at the start (may be given again)',
      )
        .choices(['kvm'])
        .argParser((what: string, before: readonly string[]) => [...before, what])
        .default([], 'none'),
    )
    .addHelpText(
      'after',
      `
The password of Redis is read from CIDERMILL_WORKERS_PASSWORD, or from the file that CIDERMILL_WORKERS_PASSWORD_FILE names.
The team's cache is that of CIDERMILL_CACHE or cidermill.yaml: it must be one that this machine may write to.

Examples:
  cidermill worker redis://localhost
  cidermill worker rediss://worker@redis.example.org --slots 2 --capability kvm

Exit codes: 0 it was stopped, 1 it cannot work here, 2 wrong use`,
    )
    .action(async (address: string, { name, slots, capability }: WorkerFlags) => {
      const { store, project } = openWorkspace(command, { anyFolder: true });
      const { serveTeam } = await import('../../../workers/worker/serve-team.ts');
      await serveTeam({
        ...{ address, store, root: project.root, name, slots, signal: onInterrupt() },
        kvm: capability.includes('kvm'),
        onNote: (text) => console.log(printable(text)),
      });
    });
  return command;
}

import { Command } from 'commander';
import { fetchAll, totalOf } from '../../sources/fetch-all.ts';
import { onInterrupt } from '../../interrupt.ts';
import { addPlanOptions, makePlan, type PlanOptions, updateVanishedOption } from '../../plan-options.ts';
import { formatBytes, formatCount } from '../../../text/format.ts';
import { openWorkspace } from '../../workspace.ts';

interface FetchFlags extends PlanOptions {
  readonly installTools?: boolean;
  readonly json?: boolean;
}

export function fetchCommand(): Command {
  const command = new Command('fetch')
    .description('Download all sources and packages that a run needs, so that it needs no network.')
    .argument('<name>', 'a pipeline or a recipe')
    .option('--install-tools', 'install missing host packages by apt (asks first on a terminal)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Files of your own that a parameter names stay where they are.

Examples:
  cidermill fetch toolchain && unshare -rn cidermill run toolchain

Exit codes: 0 everything is there, 1 something cannot be downloaded, 2 wrong use, 130 interrupted`,
    )
    .action(async (name: string, flags: FetchFlags) => {
      const workspace = openWorkspace(command);
      const { plan, sources } = makePlan(workspace, name, flags);
      const { readyTools } = await import('../../ready-tools.ts');
      const signal = onInterrupt();
      await readyTools(workspace, plan, sources, { ...flags, signal, fetchOnly: true });
      const quiet = flags.json === true;
      const steps = await fetchAll(workspace, plan, sources, {
        offline: false,
        signal,
        quiet,
      });
      if (flags.json === true) console.log(JSON.stringify(steps, null, 2));
      else {
        const { files, size } = totalOf(steps);
        console.log(
          `${plan.pipeline} needs no network now: ${formatCount(files, 'file')}, ${formatBytes(size)}, in the store`,
        );
      }
    });
  return addPlanOptions(command).addOption(updateVanishedOption());
}

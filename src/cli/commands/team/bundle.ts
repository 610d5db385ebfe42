import { resolve } from 'node:path';
import { Command } from 'commander';
import { version } from '../../../host/index.ts';
import { fetchAll } from '../../sources/fetch-all.ts';
import { onInterrupt } from '../../interrupt.ts';
import { addPlanOptions, driftedOption, makePlan, type PlanOptions } from '../../plan-options.ts';
import { formatBytes, formatCount } from '../../../text/format.ts';
import { refuseDrifted } from '../../sources/refuse-drifted.ts';
import { openWorkspace } from '../../workspace.ts';

interface BundleFlags extends PlanOptions {
  readonly withResults?: boolean;
  readonly offline?: boolean;
  readonly json?: boolean;
}

export function bundleCommand(): Command {
  const command = new Command('bundle')
    .description('Write everything that a run needs into one tar file, for a machine without a network.')
    .argument('<name>', 'a pipeline or a recipe')
    .argument('<file>', 'the tar file to write')
    .option('--with-results', 'also include what the steps made, so that nothing has to be made again there')
    .option('--offline', 'fetch nothing: use only what the store holds')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
It contains the pinned sources and packages, the project's recipes, scripts and lockfile, and the options given here.
It does not contain cidermill itself, the host's programs, or files of your own that a parameter names.

Examples:
  cidermill bundle toolchain toolchain.tar
  cidermill run --from-bundle toolchain.tar      on the other machine

Exit codes: 0 written, 1 something is missing, 2 wrong use, 130 interrupted`,
    )
    .action(async (name: string, file: string, flags: BundleFlags) => {
      const { writeBundle } = await import('../../../engine/bundle/index.ts');
      const workspace = openWorkspace(command);
      const { store, project } = workspace;
      const { plan, sources } = makePlan(workspace, name, flags);
      await refuseDrifted(workspace, plan, flags, 'bundles');
      const signal = onInterrupt();
      const quiet = flags.json === true;
      const fetched = await fetchAll(workspace, plan, sources, {
        offline: flags.offline === true,
        signal,
        quiet,
      });
      const bundled = await writeBundle(
        {
          store,
          project,
          plan,
          sources,
          fetched,
          signal,
          set: flags.set,
          cidermill: version(),
          drifted: flags.drifted === true,
          withResults: flags.withResults === true,
          onHost: flags.environment === 'host',
        },
        resolve(file),
      );
      if (flags.json === true) console.log(JSON.stringify(bundled, null, 2));
      else {
        const { size, projectFiles, results } = bundled;
        const parts = [
          formatCount(bundled.sources, 'source file'),
          ...(projectFiles > 0 ? [formatCount(projectFiles, 'file') + ' of the project'] : []),
          ...(results > 0 ? [`results of ${formatCount(results, 'step')}`] : []),
        ];
        console.log(`${file}: ${formatBytes(size)}: ${parts.join(', ')}`);
        if (bundled.drifted)
          console.log('it has newer packages in place of vanished ones: run it with --update-vanished');
      }
    });
  return addPlanOptions(command).addOption(driftedOption());
}

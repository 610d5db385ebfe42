import { Command } from 'commander';
import { addPlanOptions, makePlan, preview, type PlanOptions } from '../plan-options.ts';
import { openWorkspace } from '../workspace.ts';
import type { Preview } from '../../engine/index.ts';

export function planCommand(): Command {
  const command = new Command('plan')
    .description('What a run would do, and why: which part of each key changed, and where.')
    .argument('<name>', 'a pipeline or a recipe')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill plan quickstart
  cidermill plan quickstart --set disk-size=64G`,
    )
    .action(async (name: string, flags: PlanOptions & { readonly json?: boolean }) => {
      const workspace = openWorkspace(command);
      const { plan, sources } = makePlan(workspace, name, flags);
      const previews = await preview(workspace, plan, sources, flags);
      if (flags.json === true) {
        console.log(
          JSON.stringify({ pipeline: plan.pipeline, steps: previews, unneeded: plan.unneeded }, null, 2),
        );
        return;
      }
      const width = Math.max(...previews.map(({ step }) => step.length));
      for (const one of previews) console.log(`${one.step.padEnd(width)}  ${verdictLine(one)}`.trimEnd());
      for (const step of plan.unneeded)
        console.log(`${step.padEnd(width)}  not needed with these parameters`);
      console.log(`\n${summary(previews)}`);
    });
  return addPlanOptions(command);
}

/** One step's verdict in words; further causes on lines of their own. */
export function verdictLine({ verdict, why, waitsFor }: Preview): string {
  switch (verdict) {
    case 'cached':
      return 'cached';
    case 'run':
      return ['will run', ...why].join('\n    ');
    case 'cached-if-same':
      return `cached, unless ${waitsFor.join(' or ')} makes another output than the last time`;
    case 'unknown':
      return `will be known when ${waitsFor.join(' and ')} ${waitsFor.length > 1 ? 'have' : 'has'} run`;
  }
}

function summary(previews: readonly Preview[]): string {
  const count = (verdict: Preview['verdict']): number =>
    previews.filter((one) => one.verdict === verdict).length;
  const running = previews.filter((one) => one.verdict === 'run').map(({ step }) => step);
  if (running.length === 0 && count('unknown') === 0)
    return `Nothing to run: all ${previews.length} steps are cached.`;
  const only = count('unknown') === 0 ? 'Only ' : '';
  const names = running.length > 0 ? `: ${running.join(', ')}` : '';
  return `${only}${running.length} of ${previews.length} steps will run${names}; ${count('cached') + count('cached-if-same')} are cached.`;
}

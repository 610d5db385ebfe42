import { Command } from 'commander';
import { exitCodes } from '../../exit.ts';
import { onInterrupt } from '../../interrupt.ts';
import { formatCount } from '../../../text/format.ts';
import { printableLines } from '../../../text/printable.ts';
import {
  addPlanOptions,
  makePlan,
  preview,
  type PlanOptions,
  updateVanishedOption,
} from '../../plan-options.ts';
import { withPulled } from '../../registry/pulled-settings.ts';
import { askTeam } from '../../sources/ask-team.ts';
import { openMemo } from '../../../store/index.ts';
import { openWorkspace } from '../../workspace.ts';
import {
  describeFinding,
  findPreconditions,
  runKey,
  type Finding,
  type Preview,
} from '../../../engine/index.ts';

export function planCommand(): Command {
  const command = new Command('plan')
    .description('Show what a run would do and why: which part of each key changed, and where.')
    .argument('<name>', 'a pipeline or a recipe')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill plan quickstart
  cidermill plan quickstart --set disk-size=64G
  cidermill plan chameleon --source chameleon.tree=../chameleon

It also checks what would make the run fail: missing programs, namespaces, free space, the files and
folders given, and what the recipes' own checks find.

Exit codes: 0 it can run, 1 it would fail, 2 wrong use`,
    )
    .action(async (name: string, flags: PlanOptions & { readonly json?: boolean }) => {
      const workspace = openWorkspace(command);
      const signal = onInterrupt();
      const set = await withPulled(workspace.project, flags.set, signal);
      const { plan, sources } = makePlan(workspace, name, { ...flags, set });
      const onHost = flags.environment === 'host';
      const context = { store: workspace.store, plan, sources, onHost, signal };
      const team = askTeam({ ...context, offline: false });
      const previews = await preview(workspace, plan, sources, flags, team);
      const found = await findPreconditions(context, previews);
      if (found.some(({ state }) => state === 'fault')) process.exitCode = exitCodes.failed;
      if (flags.json === true) {
        const { pipeline, unneeded } = plan;
        const key = await runKey({ ...context, facts: openMemo(workspace.store, 'facts') });
        console.log(JSON.stringify({ pipeline, key, steps: previews, unneeded, findings: found }, null, 2));
        return;
      }
      const width = Math.max(...previews.map(({ step }) => step.length));
      for (const one of previews) console.log(`${one.step.padEnd(width)}  ${verdictLine(one)}`.trimEnd());
      for (const step of plan.unneeded)
        console.log(`${step.padEnd(width)}  not needed with these parameters`);
      console.log(`\n${summary(previews)}`);
      if (found.length > 0) console.log(`\n${found.map(findingLine).join('\n')}`);
    });
  return addPlanOptions(command).addOption(updateVanishedOption());
}

/** One step's verdict in words; further causes on lines of their own. */
export function verdictLine({ verdict, why, waitsFor }: Preview): string {
  switch (verdict) {
    case 'cached':
      return 'cached';
    case 'team':
      return "from the team's cache";
    case 'run':
      return ['will run', ...why].join('\n    ');
    case 'cached-if-same':
      return `cached, unless ${waitsFor.join(' or ')} makes a different output than last time`;
    case 'unknown':
      return `will be known when ${waitsFor.join(' and ')} ${waitsFor.length > 1 ? 'have' : 'has'} run`;
  }
}

/** What was found before the run, and what to do about it. */
export function findingLine(finding: Finding): string {
  const { state, hint } = finding;
  const [first = '', ...rest] = printableLines(describeFinding(finding));
  const lines = [
    `${state === 'fault' ? 'FAULT' : 'note '}  ${first}`,
    ...rest.map((line) => `       ${line}`),
  ];
  const mends = hint === undefined ? [] : printableLines(hint).map((line) => `       → ${line}`);
  return [...lines, ...mends].join('\n');
}

function summary(previews: readonly Preview[]): string {
  const count = (verdict: Preview['verdict']): number =>
    previews.filter((one) => one.verdict === verdict).length;
  const running = previews.filter((one) => one.verdict === 'run').map(({ step }) => step);
  const steps = formatCount(previews.length, 'step');
  const [cached, undecided] = [count('cached') + count('cached-if-same'), count('unknown')];
  const team = count('team');
  const theirs = team === 0 ? '' : `, ${team} from the team's cache`;
  if (running.length === 0 && undecided === 0 && team > 0)
    return `Nothing to build: of ${steps} ${cached} ${cached === 1 ? 'is' : 'are'} cached${theirs.replace(',', ' and')}.`;
  if (running.length === 0 && undecided === 0)
    return previews.length === 1
      ? 'Nothing to run: the one step is cached.'
      : `Nothing to run: all ${steps} are cached.`;
  if (previews.length === 1 && running.length === 1) return `The one step will run: ${running.join('')}.`;
  const names = running.length > 0 ? `: ${running.join(', ')}` : '';
  const rest = undecided === 0 ? '' : ` ${undecided} will be known later;`;
  const only = undecided === 0 ? 'Only ' : '';
  return `${only}${running.length} of ${steps} will run${names};${rest} ${cached} ${cached === 1 ? 'is' : 'are'} cached${theirs}.`;
}

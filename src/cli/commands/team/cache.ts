import { Command, InvalidArgumentError, Option } from 'commander';
import { Failure } from '../../../base/index.ts';
import type { UntimedEvent } from '../../../engine/context.ts';
import type { TeamSettings } from '../../../engine/team/team-settings.ts';
import { exitCodes } from '../../exit.ts';
import { onInterrupt } from '../../interrupt.ts';
import { addPlanOptions, makePlan, type PlanOptions } from '../../plan-options.ts';
import { formatBytes, formatCount } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';
import { openWorkspace, type Workspace } from '../../workspace.ts';

export function cacheCommand(): Command {
  const command = new Command('cache')
    .description("Show the team's cache and what it gave, send to it, and check it by making steps again.")
    .addHelpText(
      'after',
      `
A team's cache is a server that CIDERMILL_CACHE or cidermill.yaml names (docs/cache.md).`,
    );
  return command.addCommand(status(command)).addCommand(push(command)).addCommand(audit(command));
}

function status(parent: Command): Command {
  return new Command('status')
    .description('Show where it is, how it is used, what it answers, and what the last run had of it.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit codes: 0 it answers, 1 it does not, 2 wrong use')
    .action(async (flags: { readonly json?: boolean }) => {
      const workspace = openWorkspace(parent);
      const settings = await requireSettings(workspace);
      const [{ askServer }, { lastUse }] = await Promise.all([
        import('../../../engine/team/ask-server.ts'),
        import('../../../engine/team/last-use.ts'),
      ]);
      const answer = await askServer(workspace.store, settings, onInterrupt());
      const last = lastUse(workspace.store, workspace.project.root);
      if (!answer.ready) process.exitCode = exitCodes.failed;
      if (flags.json === true) {
        const { url, push: pushes, sign, trust } = settings;
        console.log(JSON.stringify({ url, push: pushes, sign, trust, answer, last }, null, 2));
        return;
      }
      console.log(settings.url);
      console.log(
        `  push        ${settings.push ? 'what is made here is sent' : 'nothing is sent from here'}`,
      );
      console.log(`  signatures  ${signatures(settings)}`);
      console.log(`  answer      ${printable(answer.message)}`);
      if (last === undefined) {
        console.log('  last run    none has asked it');
        return;
      }
      const { hits, misses, refused, pushed, received, sent, answers } = last.use;
      const when = new Date(last.time).toISOString().slice(0, 16);
      console.log(`  last run    ${printable(last.pipeline)}, ${when}`);
      console.log(
        `              ${formatCount(hits, 'hit')}, ${misses} missed, ${refused} refused, ${pushed} sent; ` +
          `${formatBytes(received)} received, ${formatBytes(sent)} sent`,
      );
      const counts = Object.entries(answers).map(([each, count]) => `${count} × ${printable(each)}`);
      console.log(`              answers: ${counts.join(', ') || 'none'}`);
    });
}

function signatures({ sign, trust }: TeamSettings): string {
  const taken = trust === undefined ? 'not asked for' : `only what ${trust} allows is taken`;
  return sign === undefined ? taken : `${taken}; signed with ${sign}`;
}

function push(parent: Command): Command {
  const command = new Command('push')
    .description("Send what the store has of a pipeline's steps, where the cache does not have it.")
    .argument('<name>', 'a pipeline or a recipe that has run')
    .addHelpText('after', '\nExit codes: 0 done, 1 the server refuses or fails, 2 wrong use, 130 interrupted')
    .action(async (name: string, flags: PlanOptions) => {
      const workspace = openWorkspace(parent);
      const settings = await requireSettings(workspace);
      const { plan, sources } = makePlan(workspace, name, flags);
      const { sendStored } = await import('../../../engine/team/stored-plan.ts');
      const context = { store: workspace.store, plan, sources, signal: onInterrupt(), emit: showNotes };
      const width = Math.max(...plan.steps.map((step) => step.name.length));
      const words = { there: 'there already', kept: 'not sent: made from files of yours', sent: 'sent' };
      const { cache } = await sendStored(context, settings, (step, what) =>
        console.log(`${step.padEnd(width)}  ${words[what]}`),
      );
      const { pushed, sent } = cache.tally;
      console.log(`${formatCount(pushed, 'step')} sent to ${cache.name}, ${formatBytes(sent)}`);
    });
  return addPlanOptions(command);
}

function audit(parent: Command): Command {
  const command = new Command('audit')
    .description('Make some of the steps again that the cache has, and compare the bytes.')
    .argument('<name>', 'a pipeline or a recipe that has run')
    .addOption(
      new Option('--sample <percent>', 'how many of them, drawn by chance; at least one')
        .argParser(percent)
        .default(0.05, '5%'),
    )
    .option('--json', 'print one JSON event a line on standard output (docs/events.md)')
    .addHelpText(
      'after',
      `
Example:
  cidermill cache audit quickstart --sample 20%

Exit codes: 0 all the same, 1 something differs or cannot be made again, 2 wrong use, 130 interrupted`,
    )
    .action(
      async (name: string, flags: PlanOptions & { readonly sample: number; readonly json?: boolean }) => {
        const workspace = openWorkspace(parent);
        const { store } = workspace;
        const settings = await requireSettings(workspace);
        const { plan, sources } = makePlan(workspace, name, flags);
        const [{ openStoredPlan }, { sampleTeam, differingOutputs }, { verifyPlan }, { chooseReporter }] =
          await Promise.all([
            import('../../../engine/team/stored-plan.ts'),
            import('../../../engine/team/audit-team.ts'),
            import('../../../engine/rebuild/index.ts'),
            import('../../reporters/index.ts'),
          ]);
        const signal = onInterrupt();
        const { team, stored } = await openStoredPlan(
          { store, plan, sources, signal, emit: showNotes },
          settings,
        );
        const { sample, of } = await sampleTeam(team, stored, flags.sample);
        if (sample.length === 0)
          throw new Failure(
            'nothing-to-do',
            `${team.cache.name} has none of the steps of ${name} that are in the store`,
            {
              hint: `Run it first: \`cidermill run ${name}\`.`,
            },
          );
        const differing = sample.filter((one) => differingOutputs(one).length > 0);
        const reporter = await chooseReporter({
          ...{ json: flags.json === true, stdout: process.stdout, env: process.env },
        });
        const { outcome } = await verifyPlan({
          ...{ store, plan, sources, signal, jobs: 1, blame: false, offline: false, onHost: false },
          steps: sample.map(({ resolved }) => resolved.step.name),
          variations: new Set(),
          onEvent: (event) => reporter.take(event),
        }).finally(() => reporter.close());
        const say = flags.json === true ? console.error : console.log;
        for (const one of differing)
          say(
            `${one.resolved.step.name}: the cache has other bytes than this store of ${differingOutputs(one).join(', ')}`,
          );
        say(`${sample.length} of ${formatCount(of, 'step')} made again that ${team.cache.name} has`);
        if (outcome === 'interrupted') process.exitCode = exitCodes.interrupted;
        else if (outcome === 'different' || differing.length > 0) process.exitCode = exitCodes.failed;
      },
    );
  return addPlanOptions(command);
}

/** @throws Failure 'usage' where no cache is named */
async function requireSettings({ project }: Workspace): Promise<TeamSettings> {
  const { teamSettings } = await import('../../../engine/team/team-settings.ts');
  const settings = teamSettings(project.root);
  if (settings !== undefined) return settings;
  throw new Failure('usage', 'no cache is named', {
    hint: 'Name it in CIDERMILL_CACHE, or under "cache:" in cidermill.yaml (docs/cache.md).',
  });
}

/** What the cache has to say outside of a run; a server that fails makes the command fail. */
function showNotes(event: UntimedEvent): void {
  if (event.type !== 'cache-note' && event.type !== 'cache-refused') return;
  console.error(`team's cache: ${printable(event.message)}`);
  process.exitCode = exitCodes.failed;
}

function percent(text: string): number {
  const value = Number(/^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1] ?? NaN);
  if (!(value > 0 && value <= 100)) throw new InvalidArgumentError('Expected a percentage such as 5%.');
  return value / 100;
}

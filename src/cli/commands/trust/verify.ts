import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Failure } from '../../../base/index.ts';
import { allVariations, variations, type Variation } from '../../../engine/rebuild/variation.ts';
import { exitCodes } from '../../exit.ts';
import { onInterrupt } from '../../interrupt.ts';
import { addPlanOptions, driftedOption, makePlan, positive, type PlanOptions } from '../../plan-options.ts';
import { refuseDrifted } from '../../sources/refuse-drifted.ts';
import { openWorkspace } from '../../workspace.ts';

interface VerifyFlags extends PlanOptions {
  readonly vary: readonly Variation[];
  readonly blame?: boolean;
  readonly keep?: string;
  readonly jobs: number;
  readonly json?: boolean;
  readonly offline?: boolean;
  readonly attest?: string;
  readonly output?: string;
}

export function verifyCommand(): Command {
  const command = new Command('verify')
    .description(
      'Run steps again under varied conditions and compare the results with the store, byte for byte.',
    )
    .argument('<name>', 'a pipeline or a recipe that has run')
    .argument('[step...]', 'steps of it; without one, all')
    .addOption(
      new Option('--vary <list>', 'vary only these, separated by commas; "none" varies nothing')
        .argParser(variationList)
        .default(allVariations, 'all'),
    )
    .option('--blame', 'find out what makes a step differ, even if it takes long')
    .option('--no-blame', 'do not look for the cause')
    .option('--keep <folder>', 'keep both versions of what differs in this folder')
    .option(
      '-j, --jobs <n>',
      'how many steps run at once, and how many jobs each may use',
      positive,
      availableParallelism(),
    )
    .option('--attest <key>', 'write what was rebuilt as a statement, signed with this SSH key')
    .option(
      '-o, --output <file>',
      'where to write it (default: NAME.rebuilt.json); the signature is FILE.sig',
    )
    .option('--offline', 'fetch nothing: use only what the store holds')
    .option('--json', 'print one JSON event a line on standard output (docs/events.md)')
    .addHelpText(
      'after',
      `
What is varied:
${allVariations.map((each) => `  ${each.padEnd(12)} ${variations[each]}`).join('\n')}

Without --blame or --no-blame, cidermill looks for the cause if the step takes less than half a minute.

Examples:
  cidermill verify quickstart
  cidermill verify quickstart seabios probe
  cidermill verify toolchain --attest ~/.ssh/id_ed25519
  cidermill verify toolchain qemu --vary clock,path --keep /tmp/qemu

Exit codes: 0 all identical, except what recipes declare to vary; 1 something differs or cannot be rebuilt,
2 wrong use, 130 interrupted`,
    )
    .action(async (name: string, steps: readonly string[], flags: VerifyFlags) => {
      const { chooseReporter } = await import('../../reporters/index.ts');
      const { attest, requirePlaces } = await import('../../attest.ts');
      const { verifyPlan } = await import('../../../engine/rebuild/index.ts');
      const workspace = openWorkspace(command);
      const { plan, sources } = makePlan(workspace, name, flags);
      await refuseDrifted(workspace, plan, flags, 'verifies');
      const reporter = await chooseReporter({
        json: flags.json === true,
        stdout: process.stdout,
        env: process.env,
      });
      const started = new Date();
      if (flags.attest === undefined && flags.output !== undefined)
        throw new Failure('usage', '--output needs the key to sign with: --attest KEY');
      const file = flags.output ?? `${name}.rebuilt.json`;
      if (flags.attest !== undefined) requirePlaces(flags.attest, file);
      const { outcome, steps: rebuilt } = await verifyPlan({
        store: workspace.store,
        plan,
        sources,
        steps,
        jobs: flags.jobs,
        blame: flags.blame,
        variations: new Set(flags.vary),
        ...(flags.keep === undefined ? {} : { keep: resolve(flags.keep) }),
        offline: flags.offline === true,
        onHost: flags.environment === 'host',
        signal: onInterrupt(),
        onEvent: (event) => reporter.take(event),
      }).finally(() => reporter.close());
      if (flags.attest !== undefined && outcome !== 'interrupted') {
        const attested = { steps: rebuilt, variations: flags.vary, started, key: flags.attest, file };
        const written = await attest(workspace, plan, sources, attested);
        (flags.json === true ? console.error : console.log)(written);
      }
      process.exitCode = {
        same: exitCodes.done,
        different: exitCodes.failed,
        interrupted: exitCodes.interrupted,
      }[outcome];
    });
  return addPlanOptions(command).addOption(driftedOption());
}

function variationList(text: string): Variation[] {
  if (text === 'none') return [];
  return text.split(',').map((word) => {
    const found = allVariations.find((each) => each === word.trim());
    if (found === undefined) throw new InvalidArgumentError(`The variations: ${allVariations.join(', ')}.`);
    return found;
  });
}

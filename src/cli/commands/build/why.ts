import { Command } from 'commander';
import { Failure } from '../../../base/index.ts';
import { addPlanOptions, makePlan, preview, type PlanOptions } from '../../plan-options.ts';
import { openWorkspace } from '../../workspace.ts';
import { verdictLine } from './plan.ts';

export function whyCommand(): Command {
  const command = new Command('why')
    .description('Show why a step would run or is cached.')
    .argument('<pipeline>', 'a pipeline or a recipe')
    .argument('<step>', 'a step of it')
    .option('--key', 'also its key, and everything that the key covers')
    .option('--json', 'print JSON: the verdict, the key, and the action that is hashed')
    .addHelpText(
      'after',
      '\nExamples:\n  cidermill why quickstart qemu\n  cidermill why quickstart qemu --key',
    )
    .action(
      async (
        name: string,
        step: string,
        flags: PlanOptions & { readonly json?: boolean; readonly key?: boolean },
      ) => {
        const workspace = openWorkspace(command);
        const { plan, sources } = makePlan(workspace, name, flags);
        const previews = await preview(workspace, plan, sources, flags);
        const one = previews.find((each) => each.step === step);
        if (one === undefined) {
          const names = previews.map((each) => each.step).join(', ');
          throw new Failure('unknown-step', `${name} has no step "${step}"`, {
            hint: `Its steps: ${names}.`,
          });
        }
        if (flags.json === true) {
          console.log(JSON.stringify(one, null, 2));
          return;
        }
        console.log(`${step}  ${verdictLine(one)}`);
        if (flags.key !== true) return;
        if (one.key !== undefined) console.log(`\nkey ${one.key}`);
        if (one.action !== undefined) console.log(JSON.stringify(one.action, null, 2));
      },
    );
  return addPlanOptions(command);
}

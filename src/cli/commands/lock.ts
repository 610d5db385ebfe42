import { Command, Option } from 'commander';
import { lockPlan } from '../../engine/index.ts';
import { Failure } from '../../base/index.ts';
import { targetsOf, type Overrides } from '../../recipe/index.ts';
import { onInterrupt } from '../interrupt.ts';
import { assignment } from '../plan-options.ts';
import { openWorkspace } from '../workspace.ts';

export function lockCommand(): Command {
  const command = new Command('lock')
    .description('Pin sources and buildroot packages by digest in recipes/lock.yaml.')
    .argument(
      '[name...]',
      'pipelines, recipes or buildroots to pin again; without any, everything that is not pinned yet',
    )
    .addOption(
      new Option('-s, --set <name=value>', 'a parameter of the recipe, if its sources depend on it')
        .argParser(assignment)
        .default({}, 'none'),
    )
    .addHelpText(
      'after',
      `
Examples:
  cidermill lock                       pin what is new
  cidermill lock seabios               pin the sources of seabios as they are now
  cidermill lock debian-bookworm       take the suite's newest packages
  cidermill lock kvm-kmod --set tag=kvm-kmod-3.10.21`,
    )
    .action(async (names: readonly string[], flags: { readonly set: Overrides }) => {
      const { store, project } = openWorkspace(command);
      const { recipes, buildroots, unknown } = targetsOf(project, names, flags.set);
      if (unknown.length > 0) {
        throw new Failure('usage', `there is no pipeline, recipe or buildroot "${unknown.join('", "')}"`, {
          hint: 'See `cidermill list`.',
        });
      }
      const again = names.length > 0;
      const changed = await lockPlan({
        store,
        project,
        recipes,
        buildroots,
        again,
        signal: onInterrupt(),
        onLocked: (name, what) => console.log(`${name}  ${what}`),
        onProgress: () => undefined,
      });
      console.log(changed ? 'recipes/lock.yaml was updated' : 'recipes/lock.yaml is up to date');
    });
  return command;
}

import { Command, Option } from 'commander';
import { checkLock, lockPlan } from '../../../engine/index.ts';
import { Failure } from '../../../base/index.ts';
import { targetsOf, type Overrides } from '../../../recipe/index.ts';
import { exitCodes } from '../../exit.ts';
import { onInterrupt } from '../../interrupt.ts';
import { assignment } from '../../plan-options.ts';
import { checkText, forgetCheck, rememberCheck } from '../../sources/lock-check.ts';
import { openWorkspace } from '../../workspace.ts';

interface LockFlags {
  readonly set: Overrides;
  readonly keep?: boolean;
  readonly check?: boolean;
  readonly json?: boolean;
}

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
    .option('--keep', 'pin again only files that no archive has any more; keep all others')
    .option(
      '--check',
      'change nothing; report pinned files that are superseded, vanished, or only on the security archive',
    )
    .option('--json', 'with --check: print JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill lock                       pin what is new
  cidermill lock seabios               pin the sources of seabios as they are now
  cidermill lock debian-bookworm       take the suite's newest packages
  cidermill lock --check               can everything pinned still be downloaded?
  cidermill lock --keep                replace what vanished, and nothing else
  cidermill lock kvm-kmod --set tag=kvm-kmod-3.10.21

Exit codes: 0 done, 1 something cannot be pinned, or --check found a vanished file, 2 wrong use, 130 interrupted`,
    )
    .action(async (names: readonly string[], flags: LockFlags) => {
      const { store, project } = openWorkspace(command);
      const { recipes, buildroots, unknown } = targetsOf(project, names, flags.set);
      if (unknown.length > 0) {
        throw new Failure('usage', `there is no pipeline, recipe or buildroot "${unknown.join('", "')}"`, {
          hint: 'See `cidermill list`.',
        });
      }
      if (flags.check === true && flags.keep === true)
        throw new Failure('usage', '--check and --keep exclude each other');
      const signal = onInterrupt();
      if (flags.check === true) {
        const checked = await checkLock({ store, project, recipes, buildroots, signal });
        await rememberCheck(store, project.root, checked);
        console.log(flags.json === true ? JSON.stringify(checked, null, 2) : checkText(checked));
        if (checked.some(({ where }) => where === 'vanished')) process.exitCode = exitCodes.failed;
        return;
      }
      const keep = flags.keep === true;
      const again = names.length > 0 && !keep;
      const changed = await lockPlan({
        store,
        project,
        recipes,
        buildroots,
        again,
        keep,
        signal,
        onLocked: (name, what) => console.log(`${name}  ${what}`),
        onProgress: () => undefined,
      });
      if (changed) await forgetCheck(store, project.root);
      console.log(changed ? 'recipes/lock.yaml was updated' : 'recipes/lock.yaml is up to date');
    });
  return command;
}

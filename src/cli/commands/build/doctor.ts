import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { asBuilder, checkUp, lookAround, nearestFolder, worst, type Check } from '../../../host/index.ts';
import { findGuest, type Project } from '../../../recipe/index.ts';
import { openStore, type Store } from '../../../store/index.ts';
import { checkGuest, checkOsk } from '../../doctor/guest-checks.ts';
import { checkLines } from '../../doctor/check-lines.ts';
import { fixChecks } from '../../doctor/fix.ts';
import { sharingChecks } from '../../doctor/sharing-checks.ts';
import { exitCodes } from '../../exit.ts';
import { makeColours, wantsColour } from '../../../text/colours.ts';
import { printable } from '../../../text/printable.ts';
import { lockCheck } from '../../sources/lock-check.ts';
import { openProject, openWorkspace, storeFolder } from '../../workspace.ts';
import { describeFinding, findPreconditions } from '../../../engine/index.ts';
import { onInterrupt } from '../../interrupt.ts';
import { addPlanOptions, makePlan, preview, type PlanOptions } from '../../plan-options.ts';

interface DoctorFlags extends PlanOptions {
  readonly guest?: string;
  readonly osk?: string;
  readonly qemu?: string;
  readonly fix?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
}

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Check every precondition on this host, and show how to fix what is missing.')
    .argument('[pipeline]', 'a pipeline or a recipe: check only what it needs to run here')
    .option('--guest <release>', 'also check what this release needs: lion, 10.7, 10.7.4')
    .option('--osk <reference>', 'where your key is: env:NAME, file:PATH or smc (default: CIDERMILL_OSK)')
    .option('--qemu <program>', 'the QEMU to look at (default: the one on PATH)')
    .option('--fix', 'install missing host packages by apt, and say what is left to you')
    .option('--strict', 'treat warnings as faults')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill doctor
  cidermill doctor quickstart
  cidermill doctor --guest yosemite --osk file:key
  cidermill doctor --fix

What only booting needs is a warning, unless --guest, --osk or --qemu asks about it.

Exit codes: 0 no fault (there may be warnings), 1 a fault, or with --strict a warning`,
    )
    .action(async (pipeline: string | undefined, flags: DoctorFlags) => {
      const project = openProject(command);
      const boots = [flags.guest, flags.osk, flags.qemu].some((flag) => flag !== undefined);
      const place = nearestFolder(storeFolder(command, project));
      const found = flags.guest === undefined ? undefined : findGuest(project, flags.guest);
      const look = async (): Promise<Check[]> => {
        if (pipeline !== undefined) return checkPipeline(command, pipeline, flags);
        const around = lookAround(place, flags.qemu);
        const checks = [
          ...checkUp(around),
          lockCheck(storeThere(command, project), project.root),
          { ...(await checkOsk(flags.osk, around)), needed: 'booting' as const },
          ...sharingChecks(project.root),
          ...(found === undefined ? [] : checkGuest(found.guest, found.update, around)),
        ];
        return boots ? checks : checks.map(asBuilder);
      };
      let checks = await look();
      const say = (line: string): void => console.error(printable(line));
      if (flags.fix === true && (await fixChecks(checks, say))) checks = await look();
      const colours = makeColours(wantsColour(process.env, process.stdout.isTTY));
      console.log(flags.json === true ? JSON.stringify(checks, null, 2) : checkLines(checks, colours));
      const state = worst(checks);
      if (state === 'fault' || (flags.strict === true && state === 'warning'))
        process.exitCode = exitCodes.failed;
    });
  return addPlanOptions(command);
}

/** The store, where there is one: `doctor` makes none. */
function storeThere(command: Command, project: Project): Store | undefined {
  const folder = storeFolder(command, project);
  return existsSync(join(folder, 'CACHEDIR.TAG')) ? openStore(folder) : undefined;
}

/** What `plan` finds that keeps a pipeline from running. */
async function checkPipeline(command: Command, name: string, options: PlanOptions): Promise<Check[]> {
  const workspace = openWorkspace(command, { anyFolder: true });
  const { plan, sources } = makePlan(workspace, name, options);
  const previews = await preview(workspace, plan, sources, options);
  const context = {
    ...workspace,
    plan,
    sources,
    onHost: options.environment === 'host',
    signal: onInterrupt(),
  };
  const findings = await findPreconditions(context, previews);
  const checks = findings.map((found): Check => {
    const { state, what, hint } = found;
    const finding = describeFinding(found);
    return { name: what, state: state === 'fault' ? 'fault' : 'ok', finding, ...(hint && { mend: hint }) };
  });
  if (worst(checks) === 'fault') return checks;
  return [...checks, { name: plan.pipeline, state: 'ok', finding: 'no problem found' }];
}

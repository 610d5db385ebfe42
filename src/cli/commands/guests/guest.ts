import { Command, Option } from 'commander';
import {
  accelerators,
  firmwares,
  nearestThatRuns,
  solve,
  usualQemu,
  type Accelerator,
} from '../../../guest/index.ts';
import { readHostFacts } from '../../../host/index.ts';
import { findGuest, loadGuests } from '../../../recipe/index.ts';
import { exitCodes } from '../../exit.ts';
import { guestFacts, guestTable, refusalText, situationText, solutionText } from '../../boot/guest-text.ts';
import {
  addMachineFlags,
  checkDespite,
  checkOpencore,
  situationOf,
  versionArgument,
  type MachineFlags,
} from '../../boot/machine-flags.ts';
import { makeColours, wantsColour, type Colours } from '../../../text/colours.ts';
import { openProject } from '../../workspace.ts';

interface JsonFlag {
  readonly json?: boolean;
}

const guestArgument = 'a release: lion, 10.7, or with its update 10.7.4';

export function guestCommand(): Command {
  const command = new Command('guest').description(
    'Show what is known about each release of OS X, and what follows from it.',
  );
  return command.addCommand(list(command)).addCommand(show(command)).addCommand(explain(command));
}

function list(parent: Command): Command {
  return new Command('list')
    .description('List the releases and the machines in which each of them runs.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  cidermill guest list')
    .action((flags: JsonFlag) => {
      const guests = loadGuests(openProject(parent));
      console.log(flags.json === true ? JSON.stringify(guests, null, 2) : guestTable(guests, colours()));
    });
}

function show(parent: Command): Command {
  return new Command('show')
    .description('Show every fact of a release: its condition, what follows, where it is written.')
    .argument('<guest>', guestArgument)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  cidermill guest show lion')
    .action((name: string, flags: JsonFlag) => {
      const { guest } = findGuest(openProject(parent), name);
      console.log(flags.json === true ? JSON.stringify(guest, null, 2) : guestFacts(guest, colours()));
    });
}

interface ExplainFlags extends MachineFlags, JsonFlag {
  readonly accel?: Accelerator;
  readonly hostKernel?: string;
  readonly qemuVersion: string;
  readonly ignoreMsrs?: boolean;
  readonly hostCpu?: 'intel' | 'amd';
}

function explain(parent: Command): Command {
  const command = new Command('explain')
    .description(
      'Explain which machine a release needs and why, or why it does not run and which machine would.',
    )
    .argument('<guest>', guestArgument);
  return addMachineFlags(command)
    .addOption(
      new Option('--accel <how>', 'how QEMU runs it; as this host can by default').choices(accelerators),
    )
    .addOption(new Option('--firmware <kind>', 'what starts it').choices(firmwares).default('seabios'))
    .option('--qemu-version <version>', 'of the QEMU that is to run it', versionArgument, usualQemu)
    .option('--host-kernel <version>', "a Linux other than this host's", versionArgument)
    .addOption(new Option('--host-cpu <vendor>', "a CPU other than this host's").choices(['intel', 'amd']))
    .option('--ignore-msrs', 'a host whose KVM ignores unknown MSRs')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill guest explain yosemite --install
  cidermill guest explain 10.7.4 --machine piix --smp 4
  cidermill guest explain yosemite --accel kvm --host-kernel 4.4

Exit codes: 0 it runs, 1 a fact refuses`,
    )
    .action((name: string, flags: ExplainFlags) => {
      const { guest, update, assumed } = findGuest(openProject(parent), name);
      checkDespite(guest, flags);
      checkOpencore(flags);
      const here = readHostFacts();
      const accel = flags.accel ?? (here.virtualisation && here.kvmDevice === 'usable' ? 'kvm' : 'tcg');
      const host = {
        kernel: flags.hostKernel ?? here.kernel,
        cpu: flags.hostCpu ?? here.cpu,
        ignoreMsrs: flags.ignoreMsrs ?? here.ignoreMsrs,
      };
      const situation = situationOf(flags, update, accel, host, flags.qemuVersion);
      const verdict = solve(guest, situation, flags.despite);
      const nearest =
        verdict.kind === 'refused' ? nearestThatRuns(guest, situation, flags.despite) : undefined;
      if (verdict.kind === 'refused') process.exitCode = exitCodes.failed;
      if (flags.json === true) {
        console.log(JSON.stringify({ situation, assumed, verdict: plain(verdict), nearest }, null, 2));
        return;
      }
      console.log(
        situationText(guest, situation) +
          (assumed ? ` (${update} is assumed: name another as ${guest.version}.N)` : ''),
      );
      console.log(
        verdict.kind === 'runs' ? solutionText(situation, verdict, colours()) : refusalText(verdict, nearest),
      );
    });
}

/** Maps have no JSON of their own. */
function plain(verdict: ReturnType<typeof solve>): unknown {
  return verdict.kind === 'runs' ? { ...verdict, settings: Object.fromEntries(verdict.settings) } : verdict;
}

function colours(): Colours {
  return makeColours(wantsColour(process.env, process.stdout.isTTY));
}

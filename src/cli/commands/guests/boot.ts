import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Failure } from '../../../base/index.ts';
import {
  accelerators,
  machineOf,
  nearestThatRuns,
  qemuOptions,
  solve,
  type Runs,
} from '../../../guest/index.ts';
import { parseOskReference, readHostFacts } from '../../../host/index.ts';
import { findGuest, type Project } from '../../../recipe/index.ts';
import { refuseKeys, timeAccelerators, withPrivateFolder } from '../../../vm/index.ts';
import { chooseAccelerator } from '../../boot/accelerator.ts';
import { findBootFiles, type BootFiles } from '../../boot/boot-files.ts';
import { commandText, exported, exportForms } from '../../boot/boot-output.ts';
import { followReference, runHere, runUntil } from '../../boot/boot-start.ts';
import { adviceLines, refusalText, situationText } from '../../boot/guest-text.ts';
import { displayKinds, displayOf, shownSocket, usualDisplay, viewerLines } from '../../boot/boot-display.ts';
import { wiringOf, type BootFlags } from '../../boot/boot-wiring.ts';
import { onInterrupt } from '../../interrupt.ts';
import { agreeToLicence } from '../../boot/licence-note.ts';
import { findSettings, settingsNotes } from '../../boot/loader-settings.ts';
import { loaderSteps } from '../../boot/loader-steps.ts';
import { needsPadding, padFiles } from '../../boot/padding.ts';
import { addMachineFlags, checkDespite, situationOf } from '../../boot/machine-flags.ts';
import { makeColours, wantsColour } from '../../../text/colours.ts';
import { openProject } from '../../workspace.ts';

export function bootCommand(): Command {
  const command = new Command('boot')
    .description('Start a guest: the machine its release needs, with your disk, your installer and your key.')
    .argument(
      '[product]',
      'a folder that a run has published, whose QEMU, disk, ISO and loader are used; or oci://HOST/REPOSITORY:TAG, pulled once and booted on an overlay',
    )
    .argument('[options...]', "after --: QEMU's own")
    .requiredOption('--guest <release>', 'lion, 10.7, or with its update 10.7.4')
    .option('--disk <file>', "the guest's disk, qcow2 or raw")
    .addOption(
      new Option(
        '--disk-format <format>',
        'its format; without it a qcow2 image is known by its header',
      ).choices(['qcow2', 'raw']),
    )
    .option('--backing <folder>', "with --disk-format: the folder of the disk's backing files")
    .option('--iso <file>', 'the installer, a raw image of its whole disk')
    .option('--loader <file>', "the loader, Chameleon's `boot`")
    .option('--qemu <program>', 'qemu-system-x86_64, or the folder it is installed in')
    .option('--firmware <file>', "a SeaBIOS other than QEMU's own");
  addMachineFlags(command)
    .addOption(
      new Option('--accel <how>', 'how QEMU runs it: auto looks at the CPU and times a small guest')
        .choices([...accelerators, 'auto'])
        .default('auto'),
    )
    .addOption(
      new Option(
        '--display <kind>',
        'a window, VNC for you alone, VNC on a port for all users of this host, or nothing; by default a window if possible, else VNC',
      ).choices(displayKinds),
    )
    .option('--share <folder>', 'a folder that the guest sees as a FAT disk; what it writes is dropped')
    .option(
      '--share-writable',
      "let the guest write into the shared folder, by QEMU's vvfat, which can lose data: keep a copy",
    )
    .option('--snapshot', 'throw away what the guest writes to its disks')
    .option('--osk <reference>', 'where your key is: env:NAME, file:PATH or smc (default: CIDERMILL_OSK)')
    .option('--i-have-the-right', 'confirm that you may run OS X on this computer, which Apple did not make')
    .option(
      '--wait-for <text>',
      'run without a window until this text appears on the serial line (or screen:TEXT, console:TEXT)',
    )
    .option(
      '--loader-flags <flags>',
      "kernel flags to type at the loader's prompt, which then starts: -v idlehalt=0",
    )
    .option('--pick <volume>', "… from the volume with this in its name; by default from the loader's choice")
    .option('--timeout <seconds>', 'how long to wait for it', seconds, 600)
    .option('--trust <file>', 'of a product in a registry: one of these allowed signers must have signed it')
    .option('--plain-http', 'speak http with the registry also where it is not this machine')
    .option('--dry-run', 'print the command, each option with its reason')
    .addOption(
      new Option('--export <form>', 'print the same machine for another program, without your key').choices(
        exportForms,
      ),
    )
    .addHelpText(
      'after',
      `
Examples:
  cidermill boot artifacts/ready-image --guest yosemite --install --osk file:key
  cidermill boot artifacts/ready-image --guest yosemite --install --osk file:key --loader-flags "-v" --pick "OS X Base System"
  cidermill boot --disk mac.qcow2 --loader boot --guest 10.7.5 --smp 4 --osk smc
  cidermill boot artifacts/ready-image --guest lion --dry-run
  cidermill boot oci://registry.example/team/mac:1 --guest lion --osk smc
  cidermill boot artifacts/ready-image --guest lion --osk env:KEY -- -device ich9-intel-hda

Exit code: QEMU's own; 1 when it is not started, 2 wrong use, 130 interrupted`,
    );
  return command.action(async (product: string | undefined, _options: string[], flags: BootFlags) => {
    const own = extraArguments(command);
    // Commander takes what follows "--" for operands as well.
    const operands = command.args.length - own.length;
    if (operands > 1) throw new Failure('usage', `boot takes one product, not ${operands}`);
    const folder = operands === 1 ? product : undefined;
    const project = openProject(command);
    const { guest, update, assumed } = findGuest(project, flags.guest);
    checkDespite(guest, flags);
    if (flags.osk !== undefined) parseOskReference(flags.osk);
    const signal = onInterrupt();
    const files = await bootFiles(project, folder, flags, signal);
    const host = readHostFacts();
    const chosen = await chooseAccelerator(flags.accel, host, () => timeAccelerators(files.qemu, signal));
    if (chosen.remark !== undefined) console.error(chosen.remark);
    const situation = situationOf(flags, update, chosen.accelerator, host, files.qemuVersion);
    const verdict = solve(guest, situation, flags.despite);
    if (verdict.kind === 'refused') {
      const text = refusalText(verdict, nearestThatRuns(guest, situation, flags.despite));
      throw new Failure('guest-refused', text, { hint: despiteHint(verdict.facts.map(({ id }) => id)) });
    }
    if (assumed)
      console.error(
        `${guest.name} is assumed to be ${update}; for another update give --guest ${guest.version}.N`,
      );
    const machine = machineOf(situation, verdict);
    const display = flags.waitFor === undefined ? (flags.display ?? usualDisplay(files.qemu)) : undefined;
    const wiring = wiringOf(flags, files, own, display && displayOf(display, shownSocket()));
    const options = qemuOptions(machine, wiring);
    if (flags.export !== undefined) {
      const title = `${situationText(guest, situation)}; made by cidermill`;
      process.stdout.write(exported(flags.export, guest.guest, title, files.qemu, machine, wiring, options));
      return;
    }
    if (flags.dryRun === true) {
      console.log(commandText(files, wiring, options, verdict));
      return;
    }
    const key = await followReference(flags.osk, host);
    await agreeToLicence(host, flags.iHaveTheRight === true);
    advise(verdict, flags);
    refuseKeys(own, key.osk);
    const loader = loaderSteps(files.loader, flags);
    const snapshot = flags.snapshot === true;
    const settings = await findSettings(files);
    for (const note of settingsNotes(files, settings, { driven: loader !== undefined, snapshot }))
      console.error(`note: ${note}`);
    const runWith = async (attached: BootFiles, socket: string): Promise<void> => {
      const wired = wiringOf(flags, attached, own, display && displayOf(display, socket));
      const args = qemuOptions(machine, wired).flatMap((option) => option.args);
      const start = { loader, command: files.qemu, args, key, signal };
      if (flags.waitFor !== undefined) await runUntil(flags.waitFor, flags.timeout, start);
      else process.exitCode = await runHere(start);
    };
    const run = (socket: string): Promise<void> =>
      needsPadding(settings, snapshot)
        ? withPrivateFolder('padding', (overlays) =>
            runWith(padFiles(files, settings, overlays, snapshot), socket),
          )
        : runWith(files, socket);
    if (display === 'vnc=tcp')
      console.error('warning: VNC on a port has no password; every user of this host can drive the guest');
    if (display !== 'vnc') await run('');
    else
      await withPrivateFolder('vnc', async (privateFolder) => {
        const socket = join(privateFolder, 'vnc.sock');
        for (const line of viewerLines(socket)) console.error(line);
        await run(socket);
      });
  });
}

/** The files of a product here, or of one in a registry, with a disk on top of its own that takes what the guest writes. */
async function bootFiles(
  project: Project,
  product: string | undefined,
  flags: BootFlags,
  signal: AbortSignal,
): Promise<BootFiles> {
  const install = flags.install === true;
  if (product?.startsWith('oci://') !== true) return findBootFiles(product, flags, install);
  const { overlayOf, pullOnce } = await import('../../registry/pull-once.ts');
  const base = await pullOnce(project, product, flags, signal);
  if (flags.disk !== undefined) return findBootFiles(base.folder, flags, install);
  const disk = await overlayOf(base);
  console.error(`note: what the guest writes is kept in ${disk}`);
  return findBootFiles(base.folder, { ...flags, disk, diskFormat: 'qcow2', backing: base.folder }, install);
}

/** What the command line has after "--". @throws Failure 'usage' when a key is among it */
function extraArguments(command: Command): readonly string[] {
  const { rawArgs } = (command.parent ?? command) as unknown as { readonly rawArgs: readonly string[] };
  const at = rawArgs.indexOf('--');
  const own = at === -1 ? [] : rawArgs.slice(at + 1);
  refuseKeys(own);
  return own;
}

function advise(verdict: Runs, flags: BootFlags): void {
  const colours = makeColours(wantsColour(process.env, process.stderr.isTTY));
  for (const line of adviceLines(verdict, colours)) console.error(line);
  if (flags.snapshot === true && flags.install === true)
    console.error('note: with --snapshot nothing of this installation will be left');
  if (flags.shareWritable === true)
    console.error(
      "note: QEMU's vvfat can lose what is written; change nothing in the folder from outside meanwhile",
    );
}

function despiteHint(ids: readonly string[]): string {
  return `If you know better: ${ids.map((id) => `--despite ${id}`).join(' ')}`;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > 86_400)
    throw new InvalidArgumentError('Expected a whole number of seconds.');
  return value;
}

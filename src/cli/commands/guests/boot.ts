import { join } from 'node:path';
import { Command } from 'commander';
import { Failure } from '../../../base/index.ts';
import {
  machineOf,
  nearestThatRuns,
  qemuOptions,
  solve,
  type Firmware,
  type Runs,
} from '../../../guest/index.ts';
import { parseOskReference, readHostFacts } from '../../../host/index.ts';
import { findGuest, type Project } from '../../../recipe/index.ts';
import { refuseKeys, timeAccelerators, withPrivateFolder } from '../../../vm/index.ts';
import { chooseAccelerator } from '../../boot/accelerator.ts';
import { findBootFiles, type BootFiles } from '../../boot/boot-files.ts';
import { addBootOptions } from '../../boot/boot-options.ts';
import { commandText, exported } from '../../boot/boot-output.ts';
import { followReference, runHere, runUntil } from '../../boot/boot-start.ts';
import { adviceLines, refusalText, situationText } from '../../boot/guest-text.ts';
import { displayOf, shownSocket, usualDisplay, viewerLines } from '../../boot/boot-display.ts';
import { wiringOf, type BootFlags } from '../../boot/boot-wiring.ts';
import { onInterrupt } from '../../interrupt.ts';
import { givenOf, type Given } from '../../boot/given.ts';
import { agreeToLicence } from '../../boot/licence-note.ts';
import { findSettings, settingsNotes } from '../../boot/loader-settings.ts';
import { loaderSteps } from '../../boot/loader-steps.ts';
import { needsPadding, padFiles } from '../../boot/padding.ts';
import { checkDespite, checkOpencore, situationOf } from '../../boot/machine-flags.ts';
import { printable } from '../../../text/printable.ts';
import { makeColours, wantsColour } from '../../../text/colours.ts';
import { openProject } from '../../workspace.ts';

export function bootCommand(): Command {
  const command = new Command('boot')
    .description('Start a guest: the machine its release needs, with your disk, your installer and your key.')
    .argument(
      '[product]',
      "a folder that a run has published, whose QEMU, disk, ISO and loader are used; oci://HOST/REPOSITORY:TAG, pulled once and booted on an overlay; or a guest's own file, mac.yaml",
    )
    .argument('[options...]', "after --: QEMU's own");
  return addBootOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  cidermill boot artifacts/ready-image --guest yosemite --install --osk file:key
  cidermill boot artifacts/ready-image --guest yosemite --install --osk file:key --loader-flags "-v" --pick "OS X Base System"
  cidermill boot --disk mac.qcow2 --loader boot --guest 10.7.5 --smp 4 --osk smc
  cidermill boot artifacts/ready-image --guest lion --dry-run
  cidermill boot artifacts/uefi-image --firmware ovmf --opencore --disk mac.qcow2 --guest yosemite --osk smc
  cidermill boot oci://registry.example/team/mac:1 --guest lion --osk smc
  cidermill boot artifacts/ready-image --guest lion --osk env:KEY -- -device ich9-intel-hda
  cidermill boot artifacts/ready-image --guest lion --memory 4G --ssh-port 2222 --osk smc --save mac.yaml
  cidermill boot mac.yaml --memory 8G

Exit code: QEMU's own; 1 when it is not started, 2 wrong use, 130 interrupted`,
    )
    .action(async (named: string | undefined, _options: string[], typed: BootFlags) => {
      const after = extraArguments(command);
      // Commander takes what follows "--" for operands as well.
      const operands = command.args.length - after.length;
      if (operands > 1) throw new Failure('usage', `boot takes one product, not ${operands}`);
      const project = openProject(command);
      const given = givenOf(command, operands === 1 ? named : undefined, typed, after);
      const { flags, product, own } = given;
      const { guest, update, assumed } = findGuest(project, given.guest.name, given.guest.written);
      checkDespite(guest, flags);
      checkOpencore(flags);
      if (flags.osk !== undefined) parseOskReference(flags.osk);
      if (flags.sshPort !== undefined) checkForward(flags);
      if (flags.save !== undefined) {
        await save(flags.save, given);
        return;
      }
      const signal = onInterrupt();
      const files = await bootFiles(project, product, flags, signal);
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
        process.stdout.write(
          exported(flags.export, guest.guest, title, files.qemu, machine, wiring, options),
        );
        return;
      }
      if (flags.dryRun === true) {
        console.log(commandText(files, wiring, options, verdict));
        return;
      }
      const key = await followReference(flags.osk, host);
      await agreeToLicence(host, flags.iHaveTheRight === true);
      advise(verdict, situation.firmware, flags);
      refuseKeys(own, key.osk);
      const loader = loaderSteps(files.start, flags);
      const snapshot = flags.snapshot === true;
      // What Chameleon reads, OVMF does not.
      const byLoader = files.start.by === 'seabios';
      const settings = byLoader ? await findSettings(files) : { disc: undefined, own: undefined };
      const notes = byLoader
        ? settingsNotes(files, settings, { driven: loader !== undefined, snapshot })
        : [];
      for (const note of notes) console.error(`note: ${note}`);
      const runWith = async (attached: BootFiles, socket: string): Promise<void> => {
        const wired = wiringOf(flags, attached, own, display && displayOf(display, socket));
        const args = qemuOptions(machine, wired).flatMap((option) => option.args);
        const start = { loader, drawsText: !byLoader, command: files.qemu, args, key, signal };
        if (flags.waitFor !== undefined) await runUntil(flags.waitFor, flags.timeout, start);
        else process.exitCode = await runHere(start);
      };
      const run = (socket: string): Promise<void> =>
        needsPadding(settings, snapshot)
          ? withPrivateFolder('padding', (overlays) =>
              runWith(padFiles(files, settings, overlays, snapshot), socket),
            )
          : runWith(files, socket);
      if (flags.sshPort !== undefined)
        console.error(`ssh: ssh -p ${flags.sshPort} USER@127.0.0.1, once the guest allows it`);
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
  if (flags.firmware === 'ovmf')
    throw new Failure(
      'usage',
      'OVMF keeps its variables in the product, and one in a registry stays as it is',
      {
        hint: 'Make a copy of it and boot that: cidermill pull.',
      },
    );
  const { overlayOf, pullOnce } = await import('../../registry/pull-once.ts');
  const base = await pullOnce(project, product, flags, signal);
  if (flags.disk !== undefined) return findBootFiles(base.folder, flags, install);
  const disk = await overlayOf(base);
  console.error(`note: what the guest writes is kept in ${disk}`);
  return findBootFiles(base.folder, { ...flags, disk, diskFormat: 'qcow2', backing: base.folder }, install);
}

/** @throws Failure 'usage' where no port can lead to the guest */
function checkForward(flags: BootFlags): void {
  if (flags.net === 'none')
    throw new Failure('usage', '--ssh-port needs a network card in the guest', {
      hint: 'Leave out --net none.',
    });
  if (flags.export === 'libvirt')
    throw new Failure('usage', "libvirt's user network cannot forward a port to the guest", {
      hint: 'Leave out --ssh-port, and let the guest itself open a tunnel: ssh -R.',
    });
}

async function save(file: string, given: Given): Promise<void> {
  const { saveMac } = await import('../../boot/save-mac.ts');
  const left = await saveMac(file, given);
  console.error(`${printable(file)} is written; start it: cidermill boot ${printable(file)}`);
  if (left.length > 0) console.error(`note: options for one start are not written: ${left.join(', ')}`);
}

/** What the command line has after "--". @throws Failure 'usage' when a key is among it */
function extraArguments(command: Command): readonly string[] {
  const { rawArgs } = (command.parent ?? command) as unknown as { readonly rawArgs: readonly string[] };
  const at = rawArgs.indexOf('--');
  const own = at === -1 ? [] : rawArgs.slice(at + 1);
  refuseKeys(own);
  return own;
}

function advise(verdict: Runs, firmware: Firmware, flags: BootFlags): void {
  const colours = makeColours(wantsColour(process.env, process.stderr.isTTY));
  for (const line of adviceLines(verdict, firmware, colours)) console.error(line);
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

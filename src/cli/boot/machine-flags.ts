import { InvalidArgumentError, Option, type Command } from 'commander';
import { Failure } from '../../base/index.ts';
import type { HostFacts } from '../../host/index.ts';
import {
  kvms,
  machines,
  mostCpus,
  nets,
  parseVersion,
  type Accelerator,
  type Guest,
  type Kvm,
  type Machine,
  type Net,
  type Situation,
} from '../../guest/index.ts';
import { parseSize } from '../../recipe/index.ts';

/** Options of all commands that describe a machine for a guest. */
export interface MachineFlags {
  readonly install?: boolean;
  readonly firstBoot?: boolean;
  readonly machine: Machine;
  /** One of firmwares; anything else is the file of a SeaBIOS. */
  readonly firmware?: string;
  readonly opencore?: boolean;
  readonly smp: number;
  /** In MiB. */
  readonly memory: number;
  readonly net: Net;
  readonly kvm: Kvm;
  readonly despite: readonly string[];
}

export function addMachineFlags(command: Command): Command {
  return command
    .option('--install', 'start the installer')
    .option('--first-boot', 'the first start from the newly installed disk')
    .addOption(new Option('--machine <type>', "QEMU's machine").choices(machines).default('q35'))
    .option('--opencore', 'with --firmware ovmf: your OpenCore is on the EFI system partition')
    .option('--smp <n>', 'CPUs of the guest', cpuCount, 2)
    .addOption(new Option('--memory <size>', 'of the guest').argParser(mebibytes).default(2048, '2G'))
    .addOption(new Option('--net <card>', "the guest's network card").choices(nets).default('e1000'))
    .addOption(
      new Option('--kvm <modules>', "KVM's modules: the kernel's own, or built from newer source")
        .choices(kvms)
        .default('stock'),
    )
    .addOption(
      new Option('--despite <fact>', 'ignore a fact that refuses this machine (may be given again)')
        .argParser(listed)
        .default([], 'none'),
    );
}

/** Whether what --despite names could refuse at all. @throws Failure 'usage' */
export function checkDespite({ guest, facts }: Guest, { despite }: MachineFlags): void {
  const refusing = facts.filter(({ effect }) => effect.refuse !== undefined).map(({ id }) => id);
  const unknown = despite.find((id) => !refusing.includes(id));
  if (unknown !== undefined)
    throw new Failure('usage', `${guest} has no fact "${unknown}" that refuses a machine`, {
      hint: `There are: ${refusing.join(', ')}.`,
    });
}

/** An option that changes nothing is refused. @throws Failure 'usage' */
export function checkOpencore({ firmware, opencore }: MachineFlags): void {
  if (opencore === true && firmware !== 'ovmf')
    throw new Failure('usage', '--opencore needs --firmware ovmf');
}

/** The machine that the options describe, on a host. */
export function situationOf(
  flags: MachineFlags,
  update: string,
  accel: Accelerator,
  host: Pick<HostFacts, 'kernel' | 'cpu' | 'ignoreMsrs'>,
  qemu: string,
): Situation {
  return {
    update,
    stage: flags.install === true ? 'install' : flags.firstBoot === true ? 'first-boot' : 'installed',
    machine: flags.machine,
    firmware: flags.firmware === 'ovmf' ? 'ovmf' : 'seabios',
    opencore: flags.opencore === true,
    cpus: flags.smp,
    memory: flags.memory,
    net: flags.net,
    accel,
    kernel: host.kernel,
    kvm: flags.kvm,
    ignoreMsrs: host.ignoreMsrs === true,
    cpu: host.cpu,
    qemu,
  };
}

export function versionArgument(text: string): string {
  if (parseVersion(text) === undefined) throw new InvalidArgumentError('Expected a version such as 7.2.');
  return text;
}

function cpuCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1 || count > mostCpus)
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${mostCpus}.`);
  return count;
}

function mebibytes(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined || bytes < 2 ** 20)
    throw new InvalidArgumentError('Expected a size from 1M, such as 2G.');
  return Math.floor(bytes / 2 ** 20);
}

function listed(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

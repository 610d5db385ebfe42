import type { Fact, Machine, Setting, Situation } from './model.ts';
import type { Runs } from './solve.ts';
import { compareVersions, parseVersion } from './version.ts';

/** A machine that runs, as all that build one from it (QEMU's options, libvirt, Packer) see it. */
export interface GuestMachine {
  readonly situation: Situation;
  /** QEMU's name of it. */
  readonly type: 'q35' | 'pc';
  readonly typeOptions?: Reasoned;
  readonly cpu: Reasoned;
  readonly cpuOptions?: Reasoned;
  /** Absent: a single CPU. */
  readonly topology?: { readonly sockets: number; readonly cores: number };
  readonly smbios?: Reasoned;
  readonly diskDevice: Reasoned;
  /** The AHCI buses of the disk, the installer, the shared folder and the EFI system partition. */
  readonly buses: {
    readonly disk: number;
    readonly iso: number;
    readonly share: number;
    readonly esp: number;
  };
  readonly nic?: { readonly model: string; readonly address?: Reasoned };
}

/** A value, and the fact that it comes from. */
export interface Reasoned {
  readonly value: string;
  readonly fact?: Fact;
}

export const nicModels = { e1000: 'e1000-82545em', virtio: 'virtio-net-pci' } as const;

/** Of a PIIX machine only the AHCI that is added has buses from 2 on: ide.0 and ide.1 are names of its own as well. */
const buses: Readonly<Record<Machine, GuestMachine['buses']>> = {
  q35: { disk: 2, iso: 0, share: 1, esp: 3 },
  piix: { disk: 2, iso: 3, share: 4, esp: 5 },
};

export function machineOf(situation: Situation, { settings }: Runs): GuestMachine {
  const set = (setting: Setting): Reasoned | undefined => settings.get(setting);
  const [typeOptions, cpuOptions, smbios, address] = [
    set('machine-options'),
    set('cpu-options'),
    set('smbios'),
    set('nic-address'),
  ];
  const { net } = situation;
  return {
    situation,
    type: situation.machine === 'piix' ? 'pc' : 'q35',
    ...(typeOptions && { typeOptions }),
    cpu: set('cpu') ?? { value: 'core2duo' },
    ...(cpuOptions && { cpuOptions }),
    ...(situation.cpus > 1 && { topology: topologyOf(situation.cpus) }),
    ...(smbios && { smbios }),
    diskDevice: set('disk-device') ?? { value: 'ide-hd' },
    buses: buses[situation.machine],
    ...(net !== 'none' && { nic: { model: nicModels[net], ...(address && { address }) } }),
  };
}

/** As the OSXKVM page's `-smp 4,cores=2` and `-smp 8,cores=4`: two sockets where that is even, else one. */
function topologyOf(cpus: number): { sockets: number; cores: number } {
  return cpus > 2 && cpus % 2 === 0 ? { sockets: 2, cores: cpus / 2 } : { sockets: 1, cores: cpus };
}

/** Is the machine's QEMU at least of that version? */
export function qemuFrom({ situation }: GuestMachine, version: string): boolean {
  return compareVersions(parseVersion(situation.qemu) ?? [], parseVersion(version) ?? []) >= 0;
}

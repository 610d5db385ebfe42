import type { Range } from './version.ts';

/** A release of OS X with all that is known of it. */
export interface Guest {
  /** 'lion' */
  readonly guest: string;
  /** 'Mac OS X Lion' */
  readonly name: string;
  readonly summary: string;
  /** '10.7' */
  readonly version: string;
  /** '10.7.5', which it is taken to be unless something else is said. */
  readonly lastUpdate: string;
  /** Was it seen to run by the author of the page that most of the facts are from? */
  readonly tested: boolean;
  /** The release's own and those of every.yaml that can concern it. */
  readonly facts: readonly Fact[];
}

/** One thing that somebody found out: under which condition, what follows, and where it is written. */
export interface Fact {
  /** A kebab-case word, unique within a guest. */
  readonly id: string;
  /** One sentence without its full stop. */
  readonly says: string;
  readonly when: Condition;
  readonly effect: Effect;
  readonly source: Citation;
}

export interface Citation {
  /** A URL, or a page of docs/. */
  readonly page: string;
  readonly section: string;
}

/** All that is given must hold. */
export interface Condition {
  readonly release?: Range;
  readonly update?: Range;
  readonly stage?: Stage;
  readonly machine?: Machine;
  readonly firmware?: Firmware;
  /** Does the user's OpenCore stand between UEFI firmware and boot.efi? */
  readonly opencore?: boolean;
  readonly cpus?: Range;
  /** In MiB. */
  readonly memory?: Range;
  readonly net?: Net;
  readonly accel?: Accelerator;
  /** The host's Linux. */
  readonly kernel?: Range;
  /** Are KVM's modules those of that kernel, or were they built from newer source? */
  readonly kvm?: Kvm;
  readonly ignoreMsrs?: boolean;
  /** Vendor of the host's CPU. */
  readonly cpu?: CpuVendor;
  readonly qemu?: Range;
}

/** What follows from a fact; at least one of these. */
export interface Effect {
  /** It does not work. The text says what to do instead. */
  readonly refuse?: string;
  readonly set?: Readonly<Partial<Record<Setting, string>>>;
  /** To be typed at the loader's prompt, or to stand in its plist. */
  readonly kernelFlag?: string;
  readonly note?: string;
}

export const stages = ['install', 'first-boot', 'installed'] as const;
export type Stage = (typeof stages)[number];
export const machines = ['q35', 'piix'] as const;
export type Machine = (typeof machines)[number];
export const firmwares = ['seabios', 'ovmf'] as const;
export type Firmware = (typeof firmwares)[number];
/** Of a machine. */
export const mostCpus = 64;
/** The highest of TCP. */
export const mostPort = 65_535;
export const displays = ['gtk', 'vnc', 'vnc=tcp', 'none'] as const;
export const nets = ['e1000', 'virtio', 'none'] as const;
export type Net = (typeof nets)[number];
export const accelerators = ['kvm', 'tcg'] as const;
export type Accelerator = (typeof accelerators)[number];
export const kvms = ['stock', 'built'] as const;
export type Kvm = (typeof kvms)[number];
export const cpuVendors = ['intel', 'amd'] as const;
export type CpuVendor = (typeof cpuVendors)[number];

/** The parts of a machine that facts may set. */
export const settings = [
  'machine-options',
  'cpu',
  'cpu-options',
  'smbios',
  'nic-address',
  'disk-device',
] as const;
export type Setting = (typeof settings)[number];

/** QEMU that is assumed where none is at hand: the one that the pipelines build unless told otherwise. */
export const usualQemu = '7.2';

/** A machine that somebody wants, on the host it is to run on. */
export interface Situation {
  /** The guest's version: '10.7.4'. */
  readonly update: string;
  /** `first-boot` is the first from the disk that was installed onto. */
  readonly stage: Stage;
  readonly machine: Machine;
  readonly firmware: Firmware;
  readonly opencore: boolean;
  readonly cpus: number;
  /** In MiB. */
  readonly memory: number;
  readonly net: Net;
  readonly accel: Accelerator;
  /** '6.1.0-18-amd64' */
  readonly kernel: string;
  readonly kvm: Kvm;
  readonly ignoreMsrs: boolean;
  readonly cpu: CpuVendor;
  /** '7.2.22' */
  readonly qemu: string;
}

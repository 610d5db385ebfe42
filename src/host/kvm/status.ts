import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { kernelNeeds, type KernelNeeds } from '../kernel/index.ts';
import { isKvmName, kvmNames, type KvmName } from './names.ts';
import { readRecord, type LoadRecord } from './record.ts';
import type { KernelWorld } from './world.ts';

/** A module of KVM's that the kernel has. */
export interface KvmModule {
  readonly name: KvmName;
  /** False: it is part of the kernel itself and can neither be removed nor replaced. */
  readonly loaded: boolean;
  /** How many hold it, by the kernel's count; modules are counted too. */
  readonly users: number;
  /** The modules among them. */
  readonly holders: readonly string[];
  /** Of those that OS X guests depend on, as the kernel writes them. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A process that has KVM open. */
export interface KvmUser {
  readonly pid: number;
  readonly command: string;
}

export interface KvmStatus {
  /** `uname -r`. */
  readonly kernel: string;
  readonly needs: KernelNeeds;
  /** Whose virtualisation the CPU shows. */
  readonly cpu: 'intel' | 'amd' | undefined;
  readonly device: boolean;
  /** Can this kernel load modules at all? */
  readonly loadable: boolean;
  readonly modules: readonly KvmModule[];
  /** Modules that hold KVM's and are not among those: a vendor of another kind (kvm_pvm), VFIO, a graphics driver. */
  readonly others: readonly string[];
  readonly users: readonly KvmUser[];
  /** What `load` left when the modules that are loaded now are ours. */
  readonly record: LoadRecord | undefined;
}

const telling = ['ignore_msrs', 'report_ignored_msrs', 'nested', 'ept', 'npt', 'unrestricted_guest'];

export function readStatus(world: KernelWorld): KvmStatus {
  const { root } = world;
  const kernel = read(root, 'proc/sys/kernel/osrelease') ?? '';
  const flags = /^flags\s*:(.*)$/m.exec(read(root, 'proc/cpuinfo') ?? '')?.[1]?.split(' ') ?? [];
  const modules = kvmNames.flatMap((name) => readModule(root, name) ?? []);
  return {
    kernel,
    needs: kernelNeeds(kernel),
    cpu: flags.includes('vmx') ? 'intel' : flags.includes('svm') ? 'amd' : undefined,
    device: existsSync(join(root, 'dev/kvm')),
    loadable: existsSync(join(root, 'proc/modules')),
    modules,
    others: [...new Set(modules.flatMap(({ holders }) => holders))].filter((name) => !isKvmName(name)),
    users: readUsers(root),
    record: modules.some(({ loaded }) => loaded) ? readRecord(root) : undefined,
  };
}

function readModule(root: string, name: KvmName): KvmModule | undefined {
  const folder = `sys/module/${name}`;
  if (!existsSync(join(root, folder))) return undefined;
  const parameters = telling.flatMap((parameter): [string, string][] => {
    const value = read(root, `${folder}/parameters/${parameter}`);
    return value === undefined ? [] : [[parameter, value]];
  });
  return {
    name,
    // What is part of the kernel has parameters here and no state.
    loaded: existsSync(join(root, folder, 'initstate')),
    users: Number(read(root, `${folder}/refcnt`) ?? 0),
    holders: names(join(root, folder, 'holders')),
    parameters: Object.fromEntries(parameters),
  };
}

/** Who has /dev/kvm open, or a machine or CPU made through it. Other users' processes show theirs to root alone. */
function readUsers(root: string): KvmUser[] {
  const proc = join(root, 'proc');
  return names(proc)
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => names(join(proc, pid, 'fd')).some((fd) => isKvm(join(proc, pid, 'fd', fd))))
    .map((pid) => ({ pid: Number(pid), command: read(proc, `${pid}/comm`) ?? '?' }));
}

function isKvm(link: string): boolean {
  try {
    return /^(\/dev\/kvm|anon_inode:\[?kvm-)/.test(readlinkSync(link));
  } catch {
    // Closed since, or not for us to see.
    return false;
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function read(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8').trim();
  } catch {
    return undefined;
  }
}

import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import type { Act } from './acts.ts';
import { isKvmName, kvmNames, type KvmName } from './names.ts';
import { refusals } from './refusals.ts';
import type { KvmStatus } from './status.ts';
import { checkVermagic, moduleField } from './vermagic.ts';
import type { KernelWorld } from './world.ts';

export interface LoadOptions {
  /** With kvm.ko and kvm-intel.ko or kvm-amd.ko, absolute; absent: the kernel's own modules. */
  readonly folder?: string;
  /** Have KVM ignore what guests do to model-specific registers it does not know: until it is unloaded, or at every boot too. */
  readonly ignoreMsrs?: 'now' | 'always';
}

/** What `load` or `unload` is going to do. */
export interface KvmPlan {
  readonly acts: readonly Act[];
  /** The modules that will be removed, in order. */
  readonly removed: readonly KvmName[];
  /** What `unload` is to bring back: what was there before the first of our modules. */
  readonly previous: readonly KvmName[];
}

const parameterFile = '/sys/module/kvm/parameters/ignore_msrs';
export const bootFile = '/etc/modprobe.d/cidermill-kvm.conf';
const bootAct: Act = { kind: 'write', path: bootFile, line: 'options kvm ignore_msrs=1' };

/**
 * Looks at everything that could go wrong before anything is done.
 * @throws Failure when the modules are not for this kernel or CPU, are in use, or cannot be replaced: with all reasons there are
 */
export async function planLoad(
  world: KernelWorld,
  status: KvmStatus,
  options: LoadOptions,
): Promise<KvmPlan> {
  const { folder, ignoreMsrs } = options;
  const settings =
    ignoreMsrs === undefined ? [] : settingActs(world, status, ignoreMsrs, folder === undefined);
  const present = status.modules.some(({ name, loaded }) => name !== 'kvm' || !loaded);
  if (folder === undefined && present) {
    if (settings.length > 0) return { acts: settings, removed: [], previous: [] };
    throw new Failure('nothing-to-do', "the kernel's KVM is there already", {
      hint: 'Name a folder of modules to replace it, or --ignore-msrs.',
    });
  }
  const refused = refusals();
  const vendor = refused.of(() => vendorOf(status));
  if (!status.loadable)
    refused.add(
      new Failure('no-modules', `Linux ${status.kernel} cannot load modules`, {
        hint: present ? 'KVM is part of it.' : 'Boot a kernel that can, or one that KVM is part of.',
      }),
    );
  if (folder === undefined) {
    refused.finish();
    return {
      acts: [{ kind: 'run', command: ['modprobe', vendor ?? ''] }, ...settings],
      removed: [],
      previous: [],
    };
  }
  const files = filesOf(folder, vendor);
  const there = files.filter((file) => existsSync(file));
  const missing = files.find((file) => !there.includes(file));
  if (missing !== undefined)
    refused.add(
      new Failure('no-module', `there is no ${missing}`, {
        hint: 'Build them: cidermill run kvm-modules --set build=always',
      }),
    );
  await refused.ofAsync(() => checkVermagic(world, status.kernel, there));
  for (const failure of holdersOf(status)) refused.add(failure);
  refused.finish();
  const removed = kvmNames.filter((name) => status.modules.some((module) => module.name === name));
  const [kvm = '', own = ''] = files;
  return {
    acts: [
      ...removed.map(remove),
      ...(await dependencies(world, files)).map((name): Act => ({
        kind: 'run',
        command: ['modprobe', name],
      })),
      { kind: 'run', command: ['insmod', kvm, ...(ignoreMsrs === undefined ? [] : ['ignore_msrs=1'])] },
      { kind: 'run', command: ['insmod', own] },
      ...settings.filter((act) => act.kind === 'write' && act.path === bootFile),
    ],
    removed,
    previous: status.record?.previous ?? removed,
  };
}

/**
 * What `load` would do on another host, on which nothing of KVM is loaded yet.
 * @param cpu the vendor of its CPU
 * @returns the acts, and the kernel that the modules are for
 * @throws Failure when a module is not there, or they are for several kernels
 */
export async function planElsewhere(
  world: KernelWorld,
  cpu: 'intel' | 'amd',
  { folder, ignoreMsrs }: LoadOptions & { readonly folder: string },
): Promise<{ readonly plan: KvmPlan; readonly kernel: string }> {
  const files = filesOf(folder, `kvm_${cpu}`);
  const [kvm = '', own = ''] = files;
  for (const file of files) if (!existsSync(file)) throw new Failure('no-module', `there is no ${file}`);
  const kernels = await Promise.all(files.map((file) => moduleField(world, file, 'vermagic')));
  const [kernel = '', other = kernel] = [...new Set(kernels)];
  if (other !== kernel)
    throw new Failure('vermagic', `the modules are for several kernels:\n  ${kernel}\n  ${other}`);
  const needed = await dependencies({ ...world, root: '/nonexistent' }, files);
  const acts: Act[] = [
    ...needed.map((name): Act => ({ kind: 'run', command: ['modprobe', name] })),
    { kind: 'run', command: ['insmod', kvm, ...(ignoreMsrs === undefined ? [] : ['ignore_msrs=1'])] },
    { kind: 'run', command: ['insmod', own] },
    ...(ignoreMsrs === 'always' ? [bootAct] : []),
  ];
  return { plan: { acts, removed: [], previous: [] }, kernel: kernel.split(' ')[0] ?? '' };
}

/** The two modules of a folder; where the CPU is of neither vendor, the first alone. */
function filesOf(folder: string, vendor: 'kvm_intel' | 'kvm_amd' | undefined): string[] {
  const names = ['kvm', ...(vendor === undefined ? [] : [vendor.replace('_', '-')])];
  return names.map((name) => join(folder, `${name}.ko`));
}

/** @throws Failure 'not-loaded' when the modules are not those that `load` brought, 'in-use' */
export function planUnload(status: KvmStatus): KvmPlan {
  if (status.record === undefined) {
    throw new Failure('not-loaded', 'no modules of ours are loaded', {
      hint: "`unload` undoes `cidermill kvm load FOLDER`; the kernel's own modules are left to modprobe.",
    });
  }
  const refused = refusals();
  for (const failure of holdersOf(status)) refused.add(failure);
  refused.finish();
  const removed = kvmNames.filter((name) => status.modules.some((module) => module.name === name));
  const before = status.record.previous.filter((name) => name !== 'kvm');
  // modprobe brings kvm with what depends on it.
  const back = before.length > 0 ? before : status.record.previous;
  return {
    acts: [
      ...removed.map(remove),
      ...back.map((name): Act => ({ kind: 'run', command: ['modprobe', name] })),
    ],
    removed,
    previous: [],
  };
}

function vendorOf({ cpu }: KvmStatus): 'kvm_intel' | 'kvm_amd' {
  if (cpu !== undefined) return `kvm_${cpu}`;
  throw new Failure('no-virtualisation', 'this CPU shows neither vmx nor svm: KVM cannot work on it', {
    hint: "Switch it on in the firmware's settings or, in a virtual machine, in that of its host.",
  });
}

/** All that keeps the modules from being removed, each with what holds them. */
function holdersOf({ modules, users }: KvmStatus): Failure[] {
  const found: Failure[] = [];
  const built = modules.find((module) => !module.loaded);
  if (built !== undefined)
    found.push(new Failure('built-in', `${built.name} is part of this kernel and cannot be replaced`));
  if (users.length > 0)
    found.push(
      new Failure(
        'in-use',
        `KVM is in use by ${users.map(({ command, pid }) => `${command} (process ${pid})`).join(', ')}`,
        { hint: 'Shut the guest down first.' },
      ),
    );
  for (const { name, loaded, users: count, holders } of modules) {
    const others = holders.filter((holder) => !isKvmName(holder));
    if (others.length > 0)
      found.push(
        new Failure('in-use', `${name} is in use by the module ${others.join(', ')}`, {
          hint: `rmmod ${others.join(' ')}`,
        }),
      );
    else if (loaded && count > holders.length && users.length === 0)
      found.push(
        new Failure('in-use', `${name} is in use by a process that this user cannot see`, {
          hint: 'Run this as root to see it.',
        }),
      );
  }
  return found;
}

/** Modules that have to be there before, and are not. */
async function dependencies(world: KernelWorld, files: readonly string[]): Promise<string[]> {
  const named = await Promise.all(files.map((file) => moduleField(world, file, 'depends')));
  const all = new Set(
    named.flatMap((list) => list.split(',')).filter((name) => name !== '' && name !== 'kvm'),
  );
  return [...all].filter((name) => !existsSync(join(world.root, 'sys/module', name.replaceAll('-', '_'))));
}

function remove(name: string): Act {
  return { kind: 'run', command: ['rmmod', name] };
}

/** @param isWritten whether the parameter is set while the module is loaded, and not as it is loaded */
function settingActs(
  world: KernelWorld,
  status: KvmStatus,
  when: 'now' | 'always',
  isWritten: boolean,
): Act[] {
  const mode = lstatSync(join(world.root, parameterFile), { throwIfNoEntry: false })?.mode;
  // A parameter of mode 0444 is fixed from the moment the module is loaded.
  if (isWritten && mode !== undefined && (mode & 0o222) === 0)
    throw new Failure('built-in', 'this kernel does not let ignore_msrs be changed while KVM is loaded', {
      hint: 'Set it as KVM is loaded: `modprobe kvm ignore_msrs=1` after rmmod; where KVM is part of the kernel, kvm.ignore_msrs=1 on its command line.',
    });

  const kvm = status.modules.find(({ name }) => name === 'kvm');
  if (when === 'always' && kvm?.loaded === false) {
    throw new Failure('built-in', 'KVM is part of this kernel: modprobe.d cannot change that', {
      hint: "Put kvm.ignore_msrs=1 on the kernel's command line; --ignore-msrs now sets it until the next boot.",
    });
  }
  const now: Act = { kind: 'write', path: parameterFile, line: '1' };
  return when === 'now' ? [now] : [now, bootAct];
}

import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';

/** What this host is, as far as running a guest depends on it. */
export interface HostFacts {
  /** As uname says it: '6.1.0-18-amd64'. */
  readonly kernel: string;
  readonly cpu: 'intel' | 'amd';
  /** Does the CPU show vmx or svm? Without, KVM is emulated by another hypervisor, or fails. */
  readonly virtualisation: boolean;
  /** /dev/kvm: absent, there but not this user's to open, or usable. */
  readonly kvmDevice: 'absent' | 'forbidden' | 'usable';
  /** KVM's parameter; undefined where its module is not loaded. */
  readonly ignoreMsrs: boolean | undefined;
  /** The vendor that the firmware names, such as 'Apple Inc.'; undefined where none exists. */
  readonly vendor: string | undefined;
}

export function readHostFacts(): HostFacts {
  const cpuinfo = read('/proc/cpuinfo') ?? '';
  return {
    kernel: release(),
    cpu: /^vendor_id\s*:\s*(AuthenticAMD|HygonGenuine)/m.test(cpuinfo) ? 'amd' : 'intel',
    virtualisation: /^flags\s*:.*\b(vmx|svm)\b/m.test(cpuinfo),
    kvmDevice: kvmDevice('/dev/kvm'),
    ignoreMsrs: parameter(read('/sys/module/kvm/parameters/ignore_msrs')),
    vendor: read('/sys/class/dmi/id/sys_vendor')?.trim(),
  };
}

/** Was this computer made by Apple? */
export function isApple({ vendor }: Pick<HostFacts, 'vendor'>): boolean {
  return /^Apple\b/.test(vendor ?? '');
}

function kvmDevice(path: string): HostFacts['kvmDevice'] {
  if (!existsSync(path)) return 'absent';
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return 'usable';
  } catch {
    return 'forbidden';
  }
}

function parameter(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : /^[Y1]/.test(text);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not on this system, or not to be read by this user.
    return undefined;
  }
}

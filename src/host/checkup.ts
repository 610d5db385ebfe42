import { isApple } from './host-facts.ts';
import { namespaceMend } from './namespaces/namespace-limits.ts';
import { hostTools, type HostTool } from './programs/packages.ts';
import type { Surroundings } from './surroundings.ts';
import { boundProcNote, wholeProcMend } from './namespaces/user-namespaces.ts';

/** One precondition of making and running guests, as it is on this host. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'fault';
  readonly finding: string;
  /** The command or act that mends it. */
  readonly mend?: string;
  /** What needs it; building, where nothing is said. What only another needs is no fault to who only builds. */
  readonly needed?: 'booting' | 'sharing';
}

/** What the quickstart leaves in the store and needs beside it while it runs, with room to spare; bytes. */
const roomForBuild = 4 * 2 ** 30;
/** With less not even a buildroot fits. */
const roomForBuildroot = 2 ** 30;

/** What every guest's machine is made of. */
const devices = ['isa-applesmc', 'ahci', 'ide-hd', 'usb-kbd', 'usb-mouse', 'e1000-82545em', 'virtio-net-pci'];
const machines = ['q35', 'pc'];

/** Judges this host. Faults keep pipelines from running; guests may have faults of their own. */
export function checkUp(around: Surroundings): Check[] {
  return [
    ...hostTools.map((tool) => checkTool(tool, around)),
    checkSandbox(around),
    checkRoom(around),
    ...[checkKernel, checkKvm, checkIgnoreMsrs, checkQemu, checkMaker].map((look): Check => ({
      ...look(around),
      needed: 'booting',
    })),
  ];
}

/** The same as who only builds sees it: what booting or sharing needs is no fault. */
export function asBuilder(check: Check): Check {
  return check.needed !== undefined && check.state === 'fault' ? { ...check, state: 'warning' } : check;
}

/** The worst of the states. */
export function worst(checks: readonly Check[]): Check['state'] {
  for (const state of ['fault', 'warning'] as const)
    if (checks.some((check) => check.state === state)) return state;
  return 'ok';
}

function checkTool({ tool, debian, purpose }: HostTool, { tools, isRoot }: Surroundings): Check {
  const path = tools.get(tool);
  if (path !== undefined) return { name: tool, state: 'ok', finding: path };
  // Without root's powers only: as root mmdebstrap needs no map of user ids. And few run it in a namespace of their own.
  const needless = (tool === 'newuidmap' && isRoot) || tool === 'fakechroot';
  return {
    name: tool,
    state: needless ? 'warning' : 'fault',
    finding: `not found; it ${purpose}`,
    mend: `apt-get install ${debian}`,
  };
}

function checkSandbox({ sandboxFault, procBound, namespaces, tools }: Surroundings): Check {
  const name = 'user namespaces';
  if (sandboxFault === undefined && procBound)
    return { name, state: 'warning', finding: boundProcNote, mend: wholeProcMend };
  if (sandboxFault === undefined) return { name, state: 'ok', finding: 'bubblewrap can make a sandbox' };
  const mend = tools.has('bwrap')
    ? `${namespaceMend(namespaces)}; or run with --environment host`
    : 'apt-get install bubblewrap';
  return { name, state: 'fault', finding: sandboxFault, mend };
}

function checkRoom({ free }: Surroundings): Check {
  const name = 'disk space';
  const finding = `${(free / 2 ** 30).toFixed(1)} GiB free for the store`;
  if (free >= roomForBuild) return { name, state: 'ok', finding };
  return {
    name,
    state: free < roomForBuildroot ? 'fault' : 'warning',
    finding: `${finding}; the toolchain takes ${roomForBuild / 2 ** 30}`,
    mend: 'cidermill store gc, or CIDERMILL_STORE on another disk',
  };
}

function checkKernel({ host }: Surroundings): Check {
  const name = 'kernel';
  if (isBefore(host.kernel, 3, 15))
    return {
      name,
      state: 'warning',
      finding: `Linux ${host.kernel}: its KVM lacks what OS X needs (since 3.15)`,
      mend: '`cidermill kvm status` says what is needed; or boot with --accel tcg',
    };
  if (isBefore(host.kernel, 3, 16))
    return {
      name,
      state: 'warning',
      finding: `Linux ${host.kernel}: 10.6 and 10.7 need idlehalt=0 at the loader's prompt`,
    };
  return { name, state: 'ok', finding: `Linux ${host.kernel}` };
}

/** The file /dev/kvm says little: without the CPU's own flag, KVM is slower than emulation or does not work at all. */
function checkKvm({ host }: Surroundings): Check {
  const name = 'KVM';
  if (!host.virtualisation) {
    const finding =
      host.kvmDevice === 'absent'
        ? 'this CPU shows neither vmx nor svm: guests run under TCG, slowly'
        : '/dev/kvm is there, but the CPU shows neither vmx nor svm: TCG is faster than such a KVM';
    return {
      name,
      state: 'warning',
      finding,
      mend: "switch virtualisation on in the firmware's setup, or nesting in the hypervisor below",
    };
  }
  if (host.kvmDevice === 'usable') return { name, state: 'ok', finding: '/dev/kvm, and a CPU that has it' };
  return host.kvmDevice === 'absent'
    ? {
        name,
        state: 'warning',
        finding: 'the CPU supports it, but the kernel has no /dev/kvm',
        mend: `modprobe kvm-${host.cpu}`,
      }
    : {
        name,
        state: 'warning',
        finding: 'this user may not open /dev/kvm',
        mend: 'adduser "$USER" kvm, and log in again',
      };
}

function checkIgnoreMsrs({ host }: Surroundings): Check {
  const name = 'ignore_msrs';
  if (!isBefore(host.kernel, 4, 7))
    return { name, state: 'ok', finding: 'not needed: KVM knows MSR 0x199 since Linux 4.7' };
  if (host.ignoreMsrs === true) return { name, state: 'ok', finding: 'KVM ignores unknown MSRs' };
  return {
    name,
    state: 'warning',
    finding: 'KVM faults at unknown MSRs, and 10.10 and later read one',
    mend: 'echo 1 > /sys/module/kvm/parameters/ignore_msrs',
  };
}

function checkQemu({ qemu }: Surroundings): Check {
  const name = 'QEMU';
  if (qemu === undefined)
    return {
      name,
      state: 'warning',
      finding: 'no qemu-system-x86_64 on PATH that runs',
      mend: '`cidermill run quickstart` builds one; boot finds it in the product',
    };
  const lacking = [
    ...machines.filter((machine) => !qemu.machines.has(machine)),
    ...devices.filter((device) => !qemu.devices.has(device)),
  ];
  const finding = `${qemu.version}, ${qemu.program}`;
  if (lacking.length > 0)
    return {
      name,
      state: 'fault',
      finding: `${finding} lacks ${lacking.join(', ')}`,
      mend: '`cidermill run quickstart` builds one that has them',
    };
  return { name, state: 'ok', finding: `${finding}, with an AppleSMC` };
}

function checkMaker({ host }: Surroundings): Check {
  const name = 'Apple hardware';
  if (isApple(host)) return { name, state: 'ok', finding: host.vendor ?? '' };
  return {
    name,
    state: 'warning',
    finding: `made by ${host.vendor ?? 'an unknown maker'}: OS X's licence is for computers made by Apple`,
    mend: 'boot asks whether you have the right to run it here',
  };
}

function isBefore(kernel: string, major: number, minor: number): boolean {
  const [, at = 0, then = 0] = (/^(\d+)\.(\d+)/.exec(kernel) ?? []).map(Number);
  return at < major || (at === major && then < minor);
}

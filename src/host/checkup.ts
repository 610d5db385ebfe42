import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { hostTools, type HostTool } from './packages.ts';
import { findTool } from './tools.ts';
import { sandboxFault } from './user-namespaces.ts';

/** One precondition of running pipelines, as it is on this host. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'fault';
  readonly finding: string;
  /** The command or act that mends it. */
  readonly mend?: string;
}

/** What the quickstart leaves in the store and needs beside it while it runs, with room to spare; bytes. */
const roomForBuild = 4 * 2 ** 30;

/** Looks at this host. @param store a folder on the file system that will hold the store */
export function checkUp(store: string): Check[] {
  return [...hostTools.map(checkTool), checkSandbox(), checkRoom(store), checkKvm()];
}

function checkTool({ tool, debian, purpose }: HostTool): Check {
  const path = findTool(tool);
  if (path !== undefined) return { name: tool, state: 'ok', finding: path };
  // Without root's powers only: as root mmdebstrap needs no map of user ids.
  const needless = tool === 'newuidmap' && process.getuid?.() === 0;
  return {
    name: tool,
    state: needless ? 'warning' : 'fault',
    finding: `not found; it ${purpose}`,
    mend: `apt-get install ${debian}`,
  };
}

function checkSandbox(): Check {
  const name = 'user namespaces';
  const fault = sandboxFault();
  if (fault === undefined) return { name, state: 'ok', finding: 'bubblewrap can make a sandbox' };
  return { name, state: 'fault', finding: fault, mend: 'allow them, or run with --environment host' };
}

function checkRoom(store: string): Check {
  const { bavail, bsize } = statfsSync(store);
  const free = bavail * bsize;
  const finding = `${(free / 2 ** 30).toFixed(1)} GiB free for the store`;
  if (free >= roomForBuild) return { name: 'disk space', state: 'ok', finding };
  return {
    name: 'disk space',
    state: 'warning',
    finding,
    mend: 'cidermill store gc, or CIDERMILL_STORE on another disk',
  };
}

/** The file /dev/kvm says little: without the CPU's own flag, KVM is slower than emulation or does not work at all. */
function checkKvm(): Check {
  const name = 'KVM';
  const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  if (!/^flags\s*:.*\b(vmx|svm)\b/m.test(flags)) {
    return {
      name,
      state: 'warning',
      finding: 'this CPU shows neither vmx nor svm: guests run under TCG, slowly',
    };
  }
  if (existsSync('/dev/kvm')) return { name, state: 'ok', finding: '/dev/kvm, and a CPU that has it' };
  return {
    name,
    state: 'warning',
    finding: 'the CPU has it, the kernel does not offer it',
    mend: 'modprobe kvm-intel or kvm-amd',
  };
}

import { compareKernels, parseKernelVersion, showSeries, type KernelVersion } from './version.ts';

/** What an OS X guest needs of KVM and not every kernel has. */
interface Fix {
  /** The patch in recipes/patches/ that brings it. */
  readonly name: string;
  readonly since: KernelVersion;
  readonly missing: string;
  readonly there: string;
}

const fixes: readonly Fix[] = [
  {
    name: 'ioapic-polarity',
    since: [3, 15, 0],
    missing: 'its IOAPIC takes the polarity that OS X up to 10.9 sets, and interrupts are lost',
    there: "the IOAPIC's polarity is ignored (since 3.15)",
  },
  {
    name: 'mwait',
    since: [3, 16, 0],
    missing: 'MONITOR and MWAIT, which 10.6 and 10.7 use without asking, raise an invalid opcode',
    there: 'MONITOR and MWAIT are emulated as NOPs (since 3.16)',
  },
];

/** What a kernel's own KVM does for OS X guests, and what it lacks. */
export interface KernelNeeds {
  readonly kernel: string;
  /** The patches in recipes/patches/ that would mend what is missing; empty: no modules have to be built. */
  readonly patches: readonly string[];
  /** The answer, then a reason a line. */
  readonly lines: readonly string[];
}

/**
 * @param release of a kernel: `uname -r`, or include/config/kernel.release of its headers
 * @param seen fixes that its tree or its headers show, by their marks; of others its version decides
 */
export function kernelNeeds(release: string, seen: readonly string[] = []): KernelNeeds {
  const version = parseKernelVersion(release);
  const missing = fixes.filter(
    ({ name, since }) => compareKernels(version, since) < 0 && !seen.includes(name),
  );
  const later = missing.every(({ name }) => name !== 'ioapic-polarity');
  const answer =
    missing.length === 0
      ? `Linux ${release} needs no KVM modules of ours`
      : later
        ? `Linux ${release} needs KVM modules of ours for 10.6 and 10.7 guests only`
        : `Linux ${release} needs KVM modules of ours`;
  const reasons = fixes.map((fix) => {
    if (missing.includes(fix)) return `${fix.missing}: patch ${fix.name}`;
    return seen.includes(fix.name) ? `${fix.there}; its headers say that it has this` : fix.there;
  });
  return {
    kernel: release,
    patches: missing.map(({ name }) => name),
    lines: [
      missing.length === 0 ? answer : `${answer} (by its version; vendors backport)`,
      ...reasons,
      ...mwaitLines(version),
    ],
  };
}

/** What a newer kernel can do about MWAIT beside the NOP. */
function mwaitLines(version: KernelVersion): string[] {
  if (compareKernels(version, [4, 17, 0]) < 0) return [];
  return [
    `on ${showSeries(version)} QEMU's \`-overcommit cpu-pm=on\` lets guests run MWAIT itself (since 4.17)`,
  ];
}

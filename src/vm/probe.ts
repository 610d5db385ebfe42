import type { BootRequest } from './boot.ts';
import type { Milestone } from './watch/milestones.ts';

/** What a probe must find in the machine it is in. */
export interface ProbeExpectation {
  readonly cpus: number;
  /** Sectors of 512 bytes. */
  readonly diskSectors: number;
  readonly isoSectors: number;
}

/** The probe's own exit codes as QEMU's exit status (recipes/probe/power.h): 2 × value + 1. */
export const probeExit = { allSeen: 65, missing: 67, fault: 69 } as const;

/** What the probe reports, in its order; the sizes and counts are those that it must have measured. */
export function probeMilestones(expected: ProbeExpectation): Milestone[] {
  return [
    check('firmware', 'SeaBIOS .*multiboot'),
    check('smbios', 'type 2: .+'),
    check('smc', 'answers .+'),
    check('osk', '.+ are the test string'),
    check('acpi', '.+ announces the SMC .+'),
    check('ahci', '.+'),
    check('disk', `port \\d+, ${expected.diskSectors} sectors, .+`),
    check('iso', `port \\d+, ${expected.isoSectors} sectors, .+`),
    check('volume', '.+, H[+X] at sector \\d+, \\d+ blocks of \\d+ bytes'),
    check('nic', 'e1000 .+, irq \\d+, shared with .+'),
    check('cpu', `${expected.cpus} x .+`),
    { name: 'verdict', where: 'console', pattern: /^all \d+ seen$/ },
    { name: 'ready', where: 'console', pattern: /^waiting for a key/ },
    { name: 'screen', where: 'screen', pattern: /^all \d+ seen$/ },
  ];
}

function check(name: string, seen: string): Milestone {
  return { name, where: 'console', pattern: new RegExp(`^\\[ ok \\] ${name} +${seen}$`) };
}

/** How a boot of the probe is watched; the rest of the request is the machine. */
export function probeBoot(expected: ProbeExpectation): Pick<BootRequest, 'milestones' | 'givesUp' | 'exit'> {
  return {
    milestones: probeMilestones(expected),
    givesUp: [{ where: 'console', pattern: /^(missing: |fault: |waiting )/ }],
    exit: {
      code: probeExit.allSeen,
      release: async (qmp) => {
        await qmp.execute('send-key', { keys: [{ type: 'qcode', data: 'ret' }] });
      },
    },
  };
}

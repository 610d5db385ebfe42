import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  machineOf,
  machines,
  nets,
  qemuOptions,
  solve,
  type Guest,
  type GuestMachine,
  type Situation,
} from '../../src/guest/index.ts';
import {
  boot,
  probeExit,
  secretPath,
  smcConfiguration,
  withSecret,
  type BootResult,
  type Milestone,
} from '../../src/vm/index.ts';
import { gptDisk, writeImage } from '../vm/disk-images.ts';
import { buildProbe, makeDisk, temporaryFolder, testOsk } from '../vm/guests.ts';
import { guests, situation } from './known-guests.ts';

const diskSectors = 2 ** 21;

interface Case {
  readonly guest: Guest;
  readonly at: Situation;
  readonly name: string;
}

/** Every machine that the solver does not refuse. */
const cases: Case[] = guests.flatMap((guest) =>
  machines.flatMap((machine) =>
    nets.flatMap((net) =>
      [1, 2, 4].flatMap((cpus): Case[] => {
        const at = situation(guest, { machine, net, cpus, accel: 'tcg', stage: 'install', memory: 512 });
        if (solve(guest, at).kind === 'refused') return [];
        return [
          { guest, at, name: `${guest.guest}, ${machine}, ${net}, ${cpus === 1 ? '1 CPU' : `${cpus} CPUs`}` },
        ];
      }),
    ),
  ),
);

/** Guests that need the same machine share a boot: QEMU's arguments → what came of it. */
const boots = new Map<string, Promise<BootResult>>();
let files: { readonly probe: string; readonly iso: { path: string; sectors: number }; readonly disk: string };

beforeAll(async () => {
  const folder = temporaryFolder();
  files = {
    probe: buildProbe(),
    iso: writeImage(join(folder, 'iso.img'), gptDisk()),
    disk: makeDisk(folder),
  };
  const waiting = [...new Map(cases.map((each) => [argumentsOf(each).join('\n'), each])).entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [key, each] = next;
      const result = bootOf(each);
      boots.set(key, result);
      await result.catch(() => undefined);
    }
  };
  await Promise.all([worker(), worker()]);
});

function machineFor({ guest, at }: Case): GuestMachine {
  const verdict = solve(guest, at);
  if (verdict.kind === 'refused') throw new Error('it is refused');
  return machineOf(at, verdict);
}

/**
 * The probe knows the disks by their serial numbers, which the guests' machines do without; and it waits for a key of
 * the PS/2 keyboard, which QEMU sends to the USB keyboard where there is one.
 */
function argumentsOf(each: Case): string[] {
  const wiring = {
    start: { by: 'seabios', loader: files.probe },
    disk: { file: files.disk, format: 'qcow2' },
    iso: files.iso.path,
    smc: secretPath,
    monitor: 'none',
    snapshot: true,
    extra: ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
  } as const;
  return qemuOptions(machineFor(each), wiring)
    .filter(({ args }) => args[1] !== 'usb-kbd')
    .flatMap(({ args }) => args)
    .map((argument) =>
      argument
        .replace(/drive=MacHDD$/, 'drive=MacHDD,serial=cidermill-disk')
        .replace(/drive=MacDVD$/, 'drive=MacDVD,serial=cidermill-iso'),
    );
}

function expected({ guest, at }: Case): { readonly milestones: Milestone[]; readonly missing: string[] } {
  const machine = machineFor({ guest, at, name: '' });
  const ok = (name: string, seen: string): [string, string] => [name, `\\[ ok \\] ${name} +${seen}`];
  const miss = (name: string): [string, string] => [name, `\\[miss\\] ${name} .*`];
  const shared = machine.nic?.address === undefined ? '.+' : 'none';
  const lines = [
    ok('firmware', 'SeaBIOS .*multiboot'),
    machine.smbios === undefined ? miss('smbios') : ok('smbios', 'type 2: .+'),
    ok('smc', '.+'),
    ok('osk', '.+ are the test string'),
    ok('acpi', '.+'),
    ok('ahci', '.+, 2 with a disk'),
    ok('disk', `port ${machine.buses.disk}, ${diskSectors} sectors, .+`),
    ok('iso', `port ${machine.buses.iso}, ${files.iso.sectors} sectors, .+`),
    ok('volume', '.+'),
    at.net === 'none'
      ? miss('nic')
      : ok(
          'nic',
          `${at.net === 'e1000' ? 'e1000 82545em' : 'virtio-net'} at .+, irq \\d+, shared with ${shared}`,
        ),
    ok('cpu', `${at.cpus} x GenuineIntel, family 6 model ${machine.cpu.value === 'Penryn' ? 23 : 15} .+`),
  ];
  const missing = lines.filter(([, line]) => line.startsWith('\\[miss')).map(([name]) => name);
  const verdict = missing.length === 0 ? 'all 11 seen' : `missing: ${missing.join(', ')}`;
  const milestones = [...lines, ['verdict', verdict] as const, ['ready', 'waiting for a key.*'] as const].map(
    ([name, line]): Milestone => ({ name, where: 'console', pattern: new RegExp(`^${line}$`) }),
  );
  return { milestones, missing };
}

function bootOf(each: Case): Promise<BootResult> {
  const { milestones, missing } = expected(each);
  return withSecret(smcConfiguration(testOsk), process.env, (spawn) =>
    boot({
      spawn,
      command: 'qemu-system-x86_64',
      args: argumentsOf(each),
      folder: temporaryFolder(),
      milestones,
      givesUp: [{ where: 'console', pattern: /^(fault: |waiting )/ }],
      exit: {
        code: missing.length === 0 ? probeExit.allSeen : probeExit.missing,
        release: async (qmp) => {
          await qmp.execute('send-key', { keys: [{ type: 'qcode', data: 'ret' }] });
        },
      },
      milliseconds: 60_000,
    }),
  );
}

describe('each machine that the solver makes is what it says, seen from inside', () => {
  it.each(cases.map((each) => [each.name, each] as const))('%s', async (_name, each) => {
    const result = await boots.get(argumentsOf(each).join('\n'));
    // The same boot may stand for several guests: each has its own expectation of it.
    const { milestones } = expected(each);
    const seen = result?.console ?? [];
    for (const { name, pattern } of milestones)
      expect(
        seen.filter((line) => new RegExp(pattern).test(line)),
        name,
      ).toHaveLength(1);
  });

  it('covers every release, machine, card and number of CPUs but those refused', () => {
    expect(cases.length).toBeGreaterThan(100);
    expect(boots.size).toBeLessThan(cases.length / 2);
  });
});

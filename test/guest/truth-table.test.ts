import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  solve,
  machines,
  nets,
  stages,
  type Fact,
  type Guest,
  type Situation,
} from '../../src/guest/index.ts';
import { guests, situation } from './known-guests.ts';

const golden = join(import.meta.dirname, '../golden/guests/truth-table.txt');

type Part = Partial<Situation>;

/** A value on each side of every bound that a fact has. */
const machineAxes = {
  machine: machines.map((machine): Part => ({ machine })),
  cpus: [1, 2, 4].map((cpus): Part => ({ cpus })),
  stage: stages.map((stage): Part => ({ stage })),
  net: nets.map((net): Part => ({ net })),
};
/** Columns beside those of stages and cards, on the installed disk. */
const firmwareAxis: Part[] = [
  { firmware: 'ovmf', opencore: false },
  { firmware: 'ovmf', opencore: true },
];
/** Counts above that are only noted, and so in the table alone: every combination of them would take a minute. */
const tableCpus = [1, 2, 4, 6, 8, 12, 16, 32].map((cpus): Part => ({ cpus }));
const hostAxes = {
  runner: [
    { accel: 'tcg' },
    ...['3.10', '3.15', '4.4', '6.1'].flatMap((kernel) =>
      (['stock', 'built'] as const).flatMap((kvm) =>
        [false, true].map((ignoreMsrs): Part => ({ accel: 'kvm', kernel, kvm, ignoreMsrs })),
      ),
    ),
  ] as Part[],
  cpu: [{ cpu: 'intel' }, { cpu: 'amd' }] as Part[],
  qemu: ['2.0', '5.2', '7.2', '8.2', '9.0'].map((qemu): Part => ({ qemu })),
  memory: [256, 2048].map((memory): Part => ({ memory })),
};
const hostKeys = new Set(['accel', 'kernel', 'kvm', 'ignoreMsrs', 'cpu', 'qemu', 'memory']);

function updatesOf({ version, lastUpdate }: Guest): string[] {
  return Array.from({ length: Number(lastUpdate.split('.')[2]) + 1 }, (_, i) => `${version}.${i}`);
}

function product(axes: readonly (readonly Part[])[]): Part[] {
  return axes.reduce<Part[]>(
    (all, axis) => all.flatMap((part) => axis.map((more) => ({ ...part, ...more }))),
    [{}],
  );
}

const ofMachine = (fact: Fact): boolean => !concernsHost(fact);
const concernsHost = (fact: Fact): boolean => Object.keys(fact.when).some((key) => hostKeys.has(key));
const concernsMachine = (fact: Fact): boolean =>
  Object.keys(fact.when).some((key) => !hostKeys.has(key) && key !== 'release');

/** Every fact has a letter, a capital when it refuses. */
const letters = new Map<string, string>();
for (const fact of guests.flatMap(({ facts }) => facts)) {
  const key = `${fact.id}: ${fact.says}`;
  if (letters.has(key)) continue;
  const letter = 'abcdefghijklmnopqrstuvwxyzäåæöøü'[letters.size] ?? '?';
  letters.set(key, fact.effect.refuse === undefined ? letter : letter.toUpperCase());
}
const letterOf = (fact: Fact): string => letters.get(`${fact.id}: ${fact.says}`) ?? '?';

function cell(guest: Guest, at: Situation, concerns: (fact: Fact) => boolean): string {
  return solve(guest, at).facts.filter(concerns).map(letterOf).join('') || '·';
}

interface Row {
  /** The value of each axis. */
  readonly at: readonly string[];
  readonly cells: readonly string[];
}

/** Rows that say the same are one, as far as their values form a block; a full axis is "any". */
function table(rows: readonly Row[]): string[] {
  const axes = (rows[0]?.at ?? []).map((_, axis) => [...new Set(rows.map(({ at }) => at[axis] ?? ''))]);
  let blocks = rows.map(({ at, cells }) => ({
    at: at.map((value) => [value]),
    cells: cells
      .map((text) => text.padEnd(5))
      .join(' ')
      .trimEnd(),
  }));
  axes.forEach((_, axis) => {
    const merged = new Map<string, (typeof blocks)[number]>();
    for (const block of blocks) {
      const key = JSON.stringify([block.cells, block.at.filter((__, other) => other !== axis)]);
      const before = merged.get(key);
      if (before === undefined) merged.set(key, { ...block, at: block.at.map((values) => [...values]) });
      else before.at[axis]?.push(...(block.at[axis] ?? []));
    }
    blocks = [...merged.values()];
  });
  const show = (values: readonly string[], axis: number): string => {
    const all = axes[axis] ?? [];
    if (values.length === all.length) return 'any';
    const from = all.indexOf(values[0] ?? '');
    const inRow = values.length > 2 && all.slice(from, from + values.length).join() === values.join();
    return inRow ? `${values[0] ?? ''}…${values.at(-1) ?? ''}` : values.join(' ');
  };
  const names = blocks.map(({ at }) => at.map(show));
  const widths = axes.map((_, axis) => Math.max(...names.map((name) => name[axis]?.length ?? 0)));
  return blocks.map(({ cells }, index) => {
    const name = (names[index] ?? []).map((text, axis) => text.padEnd(widths[axis] ?? 0)).join('  ');
    return `  ${name.padEnd(label)}  ${cells}`;
  });
}

/** Columns of the rows' names. */
const label = 44;

function machineTable(guest: Guest): string[] {
  const columns: Part[] = [
    ...product([machineAxes.stage, machineAxes.net]),
    ...firmwareAxis.map((part): Part => ({ stage: 'installed', net: 'e1000', ...part })),
  ];
  return [
    `${guest.guest}: machines`,
    `  ${''.padEnd(label)}  ${stages.map((stage) => stage.padEnd(17)).join(' ')} UEFI`,
    `  ${'update, machine, CPUs'.padEnd(label)}  ${columns
      .map(({ net, firmware, opencore }) =>
        (firmware === undefined ? (net ?? '').slice(0, 5) : opencore === true ? '+OC' : 'plain').padEnd(5),
      )
      .join(' ')
      .trimEnd()}`,
    ...table(
      updatesOf(guest).flatMap((update) =>
        product([machineAxes.machine, tableCpus]).map((part) => ({
          at: [update, part.machine ?? '', String(part.cpus)],
          cells: columns.map((column) =>
            cell(guest, situation(guest, { update, ...part, ...column }), ofMachine),
          ),
        })),
      ),
    ),
  ];
}

function hostTable(guest: Guest): string[] {
  const columns = product([hostAxes.qemu, hostAxes.memory]);
  return [
    `${guest.guest}: hosts`,
    `  ${''.padEnd(label)}  ${hostAxes.qemu
      .map(({ qemu }) => `QEMU ${qemu ?? ''}`.padEnd(11))
      .join(' ')
      .trimEnd()}`,
    `  ${'KVM, modules, ignore_msrs, CPU'.padEnd(label)}  ${columns
      .map(({ memory }) => `${memory ?? ''}M`.padEnd(5))
      .join(' ')
      .trimEnd()}`,
    ...table(
      product([hostAxes.runner, hostAxes.cpu]).map((part) => ({
        at: [
          part.accel === 'tcg' ? 'TCG' : (part.kernel ?? ''),
          part.kvm ?? '–',
          part.ignoreMsrs === undefined ? '–' : part.ignoreMsrs ? 'ignored' : 'faults',
          part.cpu ?? '',
        ],
        cells: columns.map((column) => cell(guest, situation(guest, { ...part, ...column }), concernsHost)),
      })),
    ),
  ];
}

describe('the truth table', () => {
  it('is the golden file', async () => {
    const legend = [...letters].map(([key, letter]) => `  ${letter}  ${key}`);
    const text = [
      'What holds for which machine and which host. A capital refuses; · is nothing to note. A cell of capitals leaves out the rest.',
      '',
      ...legend,
      ...guests.flatMap((guest) => ['', ...machineTable(guest), '', ...hostTable(guest)]),
      '',
    ].join('\n');
    await expect(text).toMatchFileSnapshot(golden);
  });

  it('is whole although it is in two parts: no fact mixes machine and host', () => {
    const mixed = guests.flatMap(({ facts }) =>
      facts.filter((fact) => concernsHost(fact) && concernsMachine(fact)),
    );
    expect(mixed.map(({ id }) => id)).toEqual([]);
  });

  it.each(guests.map((guest) => [guest.guest, guest] as const))(
    'of %s agrees with every combination of both',
    (_name, guest) => {
      const hosts = product(Object.values(hostAxes)).map((host) => situation(guest, host));
      const machineParts = [...updatesOf(guest).slice(0, 1), ...updatesOf(guest).slice(-2)].flatMap(
        (update) =>
          product([...Object.values(machineAxes), [{}, ...firmwareAxis]]).map((part): Part => ({
            ...part,
            update,
          })),
      );
      const refusedOnHost = hosts.map((host) => solve(guest, host).kind === 'refused');
      const refusedMachine = machineParts.map(
        (part) => solve(guest, situation(guest, part)).kind === 'refused',
      );
      const wrong: Situation[] = [];
      hosts.forEach((host, i) => {
        machineParts.forEach((part, j) => {
          const at = { ...host, ...part };
          const refused = refusedOnHost[i] === true || refusedMachine[j] === true;
          if ((solve(guest, at).kind === 'refused') !== refused) wrong.push(at);
        });
      });
      expect(wrong).toEqual([]);
      expect(hosts.length * machineParts.length).toBeGreaterThan(50_000);
    },
  );
});

import {
  overview,
  overviewColumns,
  qemuOptions,
  machineOf,
  renderCommand,
  usualQemu,
  type Condition,
  type Fact,
  type Firmware,
  type Guest,
  type Nearest,
  type Refused,
  type Runs,
  type Situation,
} from '../../guest/index.ts';
import type { Colours } from '../../text/colours.ts';
import { padTo, wrap } from '../../text/text-width.ts';

const columns = 80;

/** The releases, and in which machines each of them runs. */
export function guestTable(guests: readonly Guest[], colours: Colours): string {
  const nameWidth = Math.max(...guests.map(({ guest }) => guest.length));
  const groups = overviewColumns.map(([group], index) =>
    group === overviewColumns[index - 1]?.[0] ? '' : group,
  );
  const widths = overviewColumns.map(([group, column]) =>
    Math.max(column.length, Math.ceil(group.length / 2)),
  );
  const head = (cells: readonly string[]): string => {
    let line = '';
    let due = 0;
    cells.forEach((cell, index) => {
      line = padTo(line, due) + cell;
      due += (widths[index] ?? 0) + (endsGroup(index) ? 3 : 2);
    });
    return line;
  };
  const lead = `${''.padEnd(nameWidth)}  ${''.padEnd(7)}  ${''.padEnd(6)}`;
  const lines = guests.map((guest) => {
    const cells = overview(guest);
    const marks = cells.map(({ runs }, index) => {
      const mark = padTo(runs ? '✓' : '✗', widths[index] ?? 0);
      return (runs ? colours.green(mark) : colours.red(mark)) + (endsGroup(index) ? '   ' : '  ');
    });
    return `${colours.bold(guest.guest.padEnd(nameWidth))}  ${guest.lastUpdate.padEnd(7)}  ${guest.tested ? 'seen  ' : colours.dim('–     ')}  ${marks.join('')}`;
  });
  return [
    colours.dim(`${lead}  ${head(groups)}`),
    colours.dim(
      `${'guest'.padEnd(nameWidth)}  ${'update'.padEnd(7)}  to run  ${head(overviewColumns.map(([, column]) => column))}`,
    ),
    ...lines.map((line) => line.trimEnd()),
    '',
    ...guests.flatMap((guest) => caveatLine(guest, nameWidth)),
    '',
    `On a host of today: KVM, Linux 6.1, QEMU ${usualQemu}. \`cidermill guest explain NAME\``,
    'asks about another, `cidermill guest show NAME` has every fact with its source,',
    '`cidermill doctor --guest NAME` looks at this host.',
  ].join('\n');
}

/** The facts behind a guest's crosses. */
function caveatLine(guest: Guest, nameWidth: number): string[] {
  const facts = [...new Set(overview(guest).flatMap(({ refusing }) => refusing))];
  return facts.length === 0 ? [] : [`${guest.guest.padEnd(nameWidth)}  ✗ ${facts.join(', ')}`];
}

function endsGroup(index: number): boolean {
  return overviewColumns[index]?.[0] !== overviewColumns[index + 1]?.[0];
}

/** Everything known of a release. */
export function guestFacts(guest: Guest, colours: Colours): string {
  const standing = guest.tested ? 'seen to run' : 'untested here';
  return [
    `${colours.bold(guest.name)}  ${guest.version}, last update ${guest.lastUpdate}, ${standing}`,
    guest.summary,
    ...guest.facts.flatMap((fact) => ['', ...factLines(fact, colours)]),
  ].join('\n');
}

function factLines(fact: Fact, colours: Colours): string[] {
  const { effect, source } = fact;
  const when = conditionText(fact.when);
  const rows: [string, string][] = [
    ...(when === '' ? [] : [['when', when] as [string, string]]),
    ...(effect.refuse === undefined ? [] : [['refuses', effect.refuse] as [string, string]]),
    ...Object.entries(effect.set ?? {}).map(([key, value]): [string, string] => ['sets', `${key} ${value}`]),
    ...(effect.kernelFlag === undefined ? [] : [['flag', effect.kernelFlag] as [string, string]]),
    ...(effect.note === undefined ? [] : [['note', effect.note] as [string, string]]),
    ['source', source.page],
    ['', source.section],
  ];
  return [
    ...wrap(`${fact.says}.`, columns - fact.id.length - 2).map((line, index) =>
      index === 0 ? `${colours.cyan(fact.id)}  ${line}` : `${' '.repeat(fact.id.length + 2)}${line}`,
    ),
    ...rows.map(([name, value]) => `  ${colours.dim(name.padEnd(7))}  ${value}`),
  ];
}

/** A condition as its YAML has it: `machine piix, cpus > 1`. */
export function conditionText(when: Condition): string {
  return Object.entries(when)
    .map(([key, value]) => {
      const name = key === 'ignoreMsrs' ? 'ignore-msrs' : key;
      return `${name} ${typeof value === 'object' ? (value as { readonly text: string }).text : String(value)}`;
    })
    .join(', ');
}

/** A machine in a few words: `yosemite 10.10.5, installed, q35, 2 CPUs, e1000, KVM on Linux 6.1, QEMU 7.2`. */
export function situationText(guest: Guest, situation: Situation): string {
  const { update, stage, machine, firmware, opencore, cpus, net, accel, kernel, qemu } = situation;
  const network = net === 'none' ? 'no network' : net;
  const runner = accel === 'kvm' ? `KVM on Linux ${kernel}` : 'TCG';
  return [
    `${guest.guest} ${update}`,
    { install: 'installing', 'first-boot': 'first boot', installed: 'installed' }[stage],
    machine,
    ...(firmware === 'ovmf' ? [opencore ? 'UEFI with OpenCore' : 'UEFI'] : []),
    cpus === 1 ? '1 CPU' : `${cpus} CPUs`,
    network,
    runner,
    `QEMU ${qemu}`,
  ].join(', ');
}

/** Why a machine is refused: each fact, what to do, where it is written, and the nearest machine that runs. */
export function refusalText({ facts }: Refused, nearest: Nearest | undefined): string {
  return [
    ...facts.flatMap(({ id, says, effect, source }) => [
      `${says}.`,
      `  ${effect.refuse ?? ''}`,
      `  ${id}: ${source.page}`,
      `  ${source.section}`,
    ]),
    nearest === undefined
      ? 'No machine nearby runs it.'
      : `The nearest that runs: ${nearest.changes.map(({ how }) => how).join(' and ')}`,
  ].join('\n');
}

/** The options of a machine with placeholders for files, what to type and what to know. */
export function solutionText(situation: Situation, runs: Runs, colours: Colours): string {
  const options = qemuOptions(machineOf(situation, runs), {
    start:
      situation.firmware === 'ovmf'
        ? { by: 'ovmf', code: 'CODE', vars: 'VARS', esp: 'ESP' }
        : { by: 'seabios', loader: 'LOADER' },
    disk: { file: 'DISK', format: 'qcow2' },
    ...(situation.stage === 'install' && { iso: 'ISO' }),
    smc: 'SMC',
    monitor: 'stdio',
    snapshot: false,
    extra: [],
  });
  return [
    renderCommand('qemu-system-x86_64', options).trimEnd(),
    ...adviceLines(runs, situation.firmware, colours),
  ].join('\n');
}

/** Kernel flags, notes and what was set aside, a line each. With UEFI there is no prompt to type the flags at. */
export function adviceLines(runs: Runs, firmware: Firmware, colours: Colours): string[] {
  const where = colours.yellow(firmware === 'ovmf' ? 'put into boot-args:' : 'type at boot:');
  return [
    ...runs.kernelFlags.map(({ flag, fact }) => `${where} ${flag}  (${fact.says})`),
    ...runs.notes.map(
      ({ note, fact }) =>
        `${colours.cyan('note:')} ${fact.effect.kernelFlag === undefined ? `${fact.says}: ` : ''}${note}`,
    ),
    ...runs.despite.map(({ id, says }) => `${colours.yellow('despite')} ${id}: ${says}`),
  ];
}

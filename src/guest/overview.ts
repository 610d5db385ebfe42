import { usualQemu, type Guest, type Situation } from './model.ts';
import { solve } from './solve.ts';

/** What the overview says of a guest in one kind of machine. */
export interface OverviewCell {
  readonly column: string;
  readonly runs: boolean;
  /** Ids of the facts that refuse. */
  readonly refusing: readonly string[];
}

/** A host and a QEMU of today, on which no fact about old ones holds. */
export const todaysHost = {
  accel: 'kvm',
  kernel: '6.1',
  kvm: 'stock',
  ignoreMsrs: false,
  cpu: 'intel',
  qemu: usualQemu,
} as const;

const installed = {
  ...todaysHost,
  stage: 'installed',
  machine: 'q35',
  firmware: 'seabios',
  opencore: false,
  cpus: 2,
  memory: 2048,
  net: 'e1000',
} as const;

/** The kinds of machines that the overview shows, in its order: group, column and what is special. */
export const overviewColumns: readonly (readonly [
  group: string,
  column: string,
  change: Partial<Situation>,
])[] = [
  ['q35', '1', { cpus: 1 }],
  ['q35', '2+', {}],
  ['PIIX', '1', { machine: 'piix', cpus: 1 }],
  ['PIIX', '2+', { machine: 'piix' }],
  ['first boot', '1', { stage: 'first-boot', cpus: 1 }],
  ['first boot', '2+', { stage: 'first-boot' }],
  ['network', 'e1000', {}],
  ['network', 'virtio', { net: 'virtio' }],
];

/** How a guest, in its last update or another, fares in each kind of machine. */
export function overview(guest: Guest, update = guest.lastUpdate): OverviewCell[] {
  return overviewColumns.map(([group, column, change]) => {
    const verdict = solve(guest, { ...installed, update, ...change });
    const refusing = verdict.kind === 'refused' ? verdict.facts.map(({ id }) => id) : [];
    return { column: `${group} ${column}`, runs: verdict.kind === 'runs', refusing };
  });
}

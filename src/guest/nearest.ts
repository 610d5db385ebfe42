import { nets, usualQemu, type Guest, type Situation } from './model.ts';
import { solve } from './solve.ts';

/** A change to a machine or its host, and how it is made. */
export interface Change {
  readonly what: keyof Situation;
  /** An option of `cidermill boot`, a command, or what to get. */
  readonly how: string;
}

/** A machine that runs, with the fewest and least costly changes. */
export interface Nearest {
  readonly changes: readonly Change[];
  readonly situation: Situation;
}

interface Move extends Change {
  /** Small where an option does it, large where the host or the medium has to be another. */
  readonly cost: number;
  readonly to: Partial<Situation>;
}

/** The cheapest combination of changes with which no fact refuses; the first of several. */
export function nearestThatRuns(
  guest: Guest,
  situation: Situation,
  despite: readonly string[] = [],
): Nearest | undefined {
  let best: { readonly cost: number; readonly nearest: Nearest } | undefined;
  const visit = (rest: readonly (readonly Move[])[], made: readonly Move[], cost: number): void => {
    if (best !== undefined && cost >= best.cost) return;
    const candidate = made.reduce<Situation>((before, { to }) => ({ ...before, ...to }), situation);
    if (solve(guest, candidate, despite).kind === 'runs') {
      best = {
        cost,
        nearest: { changes: made.map(({ what, how }) => ({ what, how })), situation: candidate },
      };
      return;
    }
    rest.forEach((moves, index) => {
      for (const move of moves) visit(rest.slice(index + 1), [...made, move], cost + move.cost);
    });
  };
  visit(movesFrom(guest, situation), [], 0);
  return best?.nearest;
}

/** The changes that can be made, those of one kind in a list: at most one of them is. */
function movesFrom(guest: Guest, from: Situation): Move[][] {
  const machine = from.machine === 'q35' ? 'piix' : 'q35';
  const cpus = from.cpus === 1 ? 2 : 1;
  const moves: Move[][] = [
    [{ what: 'machine', how: `--machine ${machine}`, cost: 10, to: { machine } }],
    [{ what: 'cpus', how: `--smp ${cpus}`, cost: 11, to: { cpus } }],
    nets
      .filter((net) => net !== from.net)
      .map((net, index) => ({ what: 'net', how: `--net ${net}`, cost: 10 + index, to: { net } })),
    [{ what: 'firmware', how: '--firmware seabios', cost: 10, to: { firmware: 'seabios' } }],
    [
      {
        what: 'opencore',
        how: '--opencore, with yours on the EFI system partition',
        cost: 30,
        to: { opencore: true },
      },
    ],
    [{ what: 'memory', how: '--memory 2G', cost: 10, to: { memory: 2048 } }],
    [
      {
        what: 'ignoreMsrs',
        how: 'echo 1 > /sys/module/kvm/parameters/ignore_msrs',
        cost: 12,
        to: { ignoreMsrs: true },
      },
    ],
    [
      {
        what: 'update',
        how: `media of ${guest.lastUpdate}`,
        cost: 40,
        to: { update: guest.lastUpdate },
      },
    ],
    [{ what: 'accel', how: '--accel tcg', cost: 50, to: { accel: 'tcg' } }],
    [{ what: 'kvm', how: '--kvm built', cost: 45, to: { kvm: 'built' } }],
    [{ what: 'qemu', how: `a QEMU of ${usualQemu}`, cost: 60, to: { qemu: usualQemu } }],
  ];
  // What changes nothing is no change.
  return moves.map((kind) =>
    kind.filter(({ to }) =>
      Object.entries(to).some(([key, value]) => from[key as keyof Situation] !== value),
    ),
  );
}

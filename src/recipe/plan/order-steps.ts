import type { Place } from '../../base/index.ts';

/** Why one step comes after another, and where that is written. */
export interface Edge {
  readonly to: string;
  readonly place: Place;
}

interface Loop {
  /** The steps of the loop, each needing the next, the last one the first. */
  readonly steps: readonly string[];
  /** Where the loop is closed. */
  readonly place: Place;
}

/**
 * The names reachable from `roots`, each after all that it needs; else in the order of `roots` and edges.
 * Linear, and not recursive: a chain may be as long as a file allows.
 */
export function orderSteps(
  roots: readonly string[],
  edgesOf: (name: string) => readonly Edge[],
): { readonly order: readonly string[]; readonly loops: readonly Loop[] } {
  const order: string[] = [];
  const loops: Loop[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const path: { name: string; edges: readonly Edge[]; next: number }[] = [];
  const enter = (name: string): void => {
    state.set(name, 'open');
    path.push({ name, edges: edgesOf(name), next: 0 });
  };
  for (const root of roots) {
    if (state.has(root)) continue;
    enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const edge = top.edges[top.next++];
      if (edge === undefined) {
        state.set(top.name, 'done');
        order.push(top.name);
        path.pop();
      } else if (!state.has(edge.to)) {
        enter(edge.to);
      } else if (state.get(edge.to) === 'open' && loops.length < mostLoops) {
        const from = path.findIndex(({ name }) => name === edge.to);
        loops.push({ steps: path.slice(from).map(({ name }) => name), place: edge.place });
      }
    }
  }
  return { order, loops };
}

/** A densely tangled file has millions; a few are enough to begin with. */
const mostLoops = 10;

/** "a → b → a", in a line that can be read. */
export function describeLoop(steps: readonly string[]): string {
  const shown = steps.length <= 12 ? steps : [...steps.slice(0, 6), '…', ...steps.slice(-5)];
  return [...shown, steps[0]].join(' → ');
}

import { diskSpace } from '../../host/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import { filesOf, missingFiles } from '../../sources/index.ts';
import type { Store } from '../../store/index.ts';
import type { StepSources } from './step-sources.ts';

/** A buildroot's archive and its unpacked tree, each three times its packages: estimated of bookworm, rounded down. */
const buildrootFactor = 6;

/** Adds up what the steps' sources still take in the store when they are fetched, in bytes; packed. */
export function missingBytes(store: Store, steps: readonly PlannedStep[], sources: StepSources): number {
  const sizes = new Map<string, number>();
  for (const step of steps) {
    // Of origins that stand for one another the preferred one: the others are of about that size.
    for (const pinned of sources.choices(step)[0]?.values() ?? [])
      for (const file of missingFiles(store, pinned)) sizes.set(file.sha256, file.size);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** The least that a run of these steps will write to the store, in bytes: with less it cannot pass. */
export function leastBytes(store: Store, steps: readonly PlannedStep[], sources: StepSources): number {
  const buildroots = steps.filter((step) => step.buildroot !== undefined);
  const packages = buildroots.flatMap((step) =>
    [...(sources.choices(step)[0]?.values() ?? [])].flatMap(filesOf),
  );
  const unpacked = packages.reduce((sum, { size }) => sum + size, 0) * buildrootFactor;
  return missingBytes(store, steps, sources) + unpacked;
}

/** Bytes that are lacking on the store's disk for so many; 0 where they fit, or nobody can tell. */
export function lackingBytes(store: Store, bytes: number): number {
  const free = diskSpace(store.root)?.free;
  return free === undefined ? 0 : Math.max(0, bytes - free);
}

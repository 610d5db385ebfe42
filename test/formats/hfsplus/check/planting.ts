import type { Surgeon } from './surgeon.ts';

/** What is done to a sound volume, and how it has to be found. */
export interface Planting {
  readonly what: string;
  readonly volume: 'linux' | 'hard links' | 'folder links' | 'compressed' | 'journaled';
  readonly plant: (surgeon: Surgeon) => void;
  /** The finding. */
  readonly finds: RegExp;
  readonly severity?: 'fault' | 'remark';
  /** Whether fsck.hfsplus finds it, too. */
  readonly fsck: boolean;
}

/** Makes plantings of one volume; without more, faults that fsck.hfsplus finds too. */
export function plantedIn(
  volume: Planting['volume'],
): (
  what: string,
  plant: Planting['plant'],
  finds: RegExp,
  fsck?: boolean,
  severity?: Planting['severity'],
) => Planting {
  return (what, plant, finds, fsck = true, severity = 'fault') => ({
    what,
    volume,
    plant,
    finds,
    fsck,
    severity,
  });
}

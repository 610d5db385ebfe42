import { execFileSync, spawnSync } from 'node:child_process';
import { findTool } from '../../../src/host/index.ts';
import type { Verdict } from './hfsprogs.ts';

/** gdisk's check of both headers, both tables, CRCs, overlaps and the protective MBR. */
export function sgdiskVerify(disk: string): Verdict {
  const { status, stdout, stderr, error } = spawnSync(findTool('sgdisk') ?? 'sgdisk', ['-v', disk], {
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  const said = `${stdout}${stderr}`;
  // It ends with 0 whatever it finds. What it says before of hybrid or missing maps is in the text only.
  const clean = status === 0 && /No problems found/.test(said) && !/Problem:|Warning!|damaged/.test(said);
  return { clean, said };
}

/** A line of The Sleuth Kit's list of partitions, in sectors of 512 bytes. */
export interface Slot {
  /** Of an entry "001:000"; "Meta" or "-------" of what is none. */
  readonly slot: string;
  readonly start: number;
  readonly length: number;
  readonly description: string;
}

/** @param kind of map; found by mmls itself when it is not given */
export function mmls(disk: string, kind?: 'gpt' | 'mac' | 'dos'): Slot[] {
  const said = execFileSync('mmls', [...(kind === undefined ? [] : ['-t', kind]), disk], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return [...said.matchAll(/^\d+:\s+(\S+)\s+(\d+)\s+\d+\s+(\d+)\s+(.*)$/gm)].map(
    ([, slot = '', start, length, description = '']) => ({
      slot,
      start: Number(start),
      length: Number(length),
      description,
    }),
  );
}

/** The Sleuth Kit's full list of a volume, one line an entry. @param sector where the volume begins */
export function fls(disk: string, sector = 0): string[] {
  const said = execFileSync('fls', ['-r', '-p', '-f', 'hfs', '-o', String(sector), disk], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return said.split('\n').filter((line) => line !== '');
}

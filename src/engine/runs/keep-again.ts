import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mostFiles } from './limits.ts';

/** When a run begins, to the millisecond, and four random digits: IDs in their order are runs in their order. */
export function newRunId(now = new Date()): string {
  const digits = Math.floor(Math.random() * 0x10000).toString(16);
  return `${now.toISOString().slice(0, 23).replaceAll(/[-:.]/g, '')}-${digits.padStart(4, '0')}`;
}

/**
 * Keeps a run that did the same as one that is kept: its lines with an ID and times of their own.
 * @param path of the kept run that executed nothing
 * @param milliseconds how long this one took
 * @returns false where it cannot be kept, or runs have to be dropped first
 */
export function keepAgain(path: string, milliseconds: number): boolean {
  try {
    const folder = dirname(path);
    if (readdirSync(folder).length >= mostFiles) return false;
    const text = readFileSync(path, 'utf8');
    const last = [...text.matchAll(/^\{"time":(\d+)/gm)].at(-1)?.[1];
    if (last === undefined) return false;
    const later = Date.now() - Number(last);
    const id = newRunId();
    const again = text
      .replace(/"id":"[^"]*"/, `"id":"${id}"`)
      .replaceAll(/^\{"time":(\d+)/gm, (_, time: string) => `{"time":${Number(time) + later}`)
      .replace(/"milliseconds":\d+(?=[^\n]*\n$)/, `"milliseconds":${Math.round(milliseconds)}`);
    writeFileSync(join(folder, `${id}.ndjson`), again, { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

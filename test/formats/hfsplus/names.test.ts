import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { foldCase } from '../../../src/formats/hfsplus/case-fold.ts';
import { findEntry, newVolume, openVolume } from '../../../src/formats/hfsplus/index.ts';
import { decompose } from '../../../src/formats/hfsplus/name.ts';
import { memorySource } from '../../../src/formats/source/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { needs, runLinux } from '../../rig/judges/index.ts';
import { linuxVolume } from '../../rig/images/linux-volume.ts';
import { commitNew, date } from './write/rig.ts';

/** A file for Linux to read lines from, as a disk. */
function listDisk(lines: readonly string[]): string {
  const path = join(freshFolder(), 'list');
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  writeFileSync(path, text);
  truncateSync(path, Math.ceil((text.length + 1) / 512) * 512);
  return path;
}

/** Units that can stand in a file's name by themselves, up to Kana and from the compatibility forms; between some. */
function* units(): Generator<string> {
  for (let unit = 1; unit < 0xfffe; unit++) {
    const rare = unit >= 0x3100 && unit < 0xf900;
    if ((rare && unit % 61 !== 0) || (unit >= 0xd800 && unit < 0xf900)) continue;
    const name = String.fromCharCode(unit);
    if (!'\n./:\u2400'.includes(name)) yield name;
  }
}

test('names are the same, and in order, as for Linux: each is found by every spelling of it', async (context) => {
  needs(context, 'linux');
  const editor = newVolume({ name: 'folds', date });
  const folder = editor.makeFolder(editor.root, 'folder');
  editor.putFile(folder, 'ij', {});
  /** Every spelling, and the name of the file it stands for. */
  const spellings: (readonly [string, string])[] = [];
  const first = new Map<string, string>();
  for (const unit of units()) {
    if (decompose(unit) !== unit) continue;
    const folded = foldCase(unit);
    if (folded === '') {
      spellings.push([`i${unit}j`, 'ij']);
      continue;
    }
    if (!first.has(folded)) editor.putFile(folder, unit, {});
    first.set(folded, first.get(folded) ?? unit);
    spellings.push([unit, first.get(folded) ?? unit]);
  }
  const volume = await commitNew(editor, 32 * 2 ** 20);
  const out = await runLinux(
    [{ path: volume }, { path: listDisk(spellings.map(([spelling]) => spelling)) }],
    `mount_disk 0 ro,nodecompose
cd /mnt/folder
tr -d '\\0' </dev/vdb >/list
while IFS= read -r name; do printf '%s\\0' "$name"; done </list | xargs -0 -n 50 stat -c %i >/out/found 2>/out/errors
find . -type f -exec stat -c '%i %n' {} + >/out/names`,
  );
  expect(out.get('errors')).toBe('');
  const inodes = new Map(
    [...(out.get('names') ?? '').matchAll(/(\d+) \.\/([^\n]*)\n/g)].map(([, inode = '', name = '']) => [
      name,
      inode,
    ]),
  );
  expect(inodes.size).toBe(first.size + 1);
  const found = (out.get('found') ?? '').split('\n');
  const wrong = spellings.filter(([, name], index) => found[index] !== inodes.get(name));
  expect(spellings.length).toBeGreaterThan(13_000);
  expect(wrong.map(([spelling]) => spelling.charCodeAt(0).toString(16))).toEqual([]);
});

test('names are decomposed as by Linux, but for what newer tables than its own decompose', async (context) => {
  needs(context, 'hfsprogs', 'linux');
  const composed = Array.from({ length: 0xfffe }, (_, unit) => unit).filter((unit) => {
    if (unit < 0x80 || (unit >= 0xd800 && unit < 0xe000)) return false;
    // Of the 11,172 Hangul syllables, which are decomposed by rule, some.
    if (unit >= 0xac00 && unit < 0xd7a4 && unit % 97 !== 0) return false;
    const text = String.fromCharCode(unit);
    return text.normalize('NFD') !== text;
  });
  const lines = composed.map((unit) => `${unit.toString(16)}=${String.fromCharCode(unit)}\n`);
  const volume = await linuxVolume({
    size: 8,
    options: [],
    script: `mkdir folder\nwhile IFS= read -r name; do : >"folder/$name"; done <<'end'\n${lines.join('')}end`,
  });
  const folder = findEntry(await openVolume(memorySource(readFileSync(volume))), 'folder');
  const theirs = new Map(
    [...(folder?.children?.values() ?? [])].map(({ name }) => name.split(/=(.*)/s) as [string, string]),
  );
  expect(theirs.size).toBe(composed.length);
  const others = composed.filter(
    (unit) => theirs.get(unit.toString(16)) !== decompose(String.fromCharCode(unit)),
  );
  expect(others.filter((unit) => !newer.some(([from, to]) => unit >= from && unit <= to))).toEqual([]);
  expect(composed.length - others.length).toBeGreaterThan(1_450);
});

/**
 * Linux has the table of TN1150, which is Unicode 2.1's; OS X has 3.2's since 10.3. What was added or mended between them:
 * letters with a breve, dot or comma, the tonos, polytonic Greek, Indic and Myanmar vowels, yod with hiriq.
 */
const newer: readonly (readonly [from: number, to: number])[] = [
  [0x01f8, 0x01f9],
  [0x0218, 0x0233],
  [0x0344, 0x0344],
  [0x0385, 0x03d3],
  [0x0400, 0x0400],
  [0x040d, 0x040d],
  [0x0450, 0x0450],
  [0x045d, 0x045d],
  [0x04da, 0x04ed],
  [0x0622, 0x0626],
  [0x06c0, 0x06d3],
  [0x0a33, 0x0a36],
  [0x0dda, 0x0dde],
  [0x0f73, 0x0f81],
  [0x1026, 0x1026],
  [0x1f80, 0x1ff7],
  [0xfb1d, 0xfb1d],
];

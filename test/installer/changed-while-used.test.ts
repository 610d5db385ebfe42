import {
  closeSync,
  openSync,
  readdirSync,
  readSync,
  writeFileSync,
  writeSync,
  utimesSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { addHostFiles, convertDmg, createDmg, editImage } from '../../src/image/index.ts';
import { makeIso, makeSample, openMedium, planIso } from '../../src/installer/index.ts';
import { freshFolder } from '../rig/folder.ts';

const date = new Date('2016-09-20T17:00:00Z');
const size = 5 * 2 ** 20;

/** Calls it once, when the first progress is told. */
type OnProgress = () => void;

/** A command that reads files in place: what it reads, what it writes, and how it is called. */
interface Reading {
  readonly name: string;
  /** Makes the files in a folder. @returns the paths of the file that is read and of the output */
  readonly prepare: (folder: string) => Promise<{ readonly read: string; readonly output: string }>;
  readonly run: (read: string, output: string, onProgress: OnProgress) => Promise<unknown>;
}

async function sample(folder: string): Promise<string> {
  const path = join(folder, 'InstallESD.dmg');
  const kernel = Buffer.concat([Buffer.from('a stand-in kernel\n'), Buffer.alloc(300_000, 'kernel')]);
  await makeSample({ version: '10.8.5', map: 'gpt', size, kernel }, path);
  return path;
}

async function disk(folder: string): Promise<string> {
  const path = join(folder, 'disk.img');
  await convertDmg(await sample(folder), path);
  return path;
}

const readings: readonly Reading[] = [
  {
    name: 'iso make',
    prepare: async (folder) => ({ read: await sample(folder), output: join(folder, 'made.iso') }),
    run: async (read, output, onProgress) => {
      const medium = await openMedium(read);
      try {
        await makeIso(medium, await planIso(medium), output, { onProgress });
      } finally {
        await medium.close();
      }
    },
  },
  {
    name: 'dmg convert',
    prepare: async (folder) => ({ read: await sample(folder), output: join(folder, 'converted.img') }),
    run: (read, output, onProgress) => convertDmg(read, output, { onProgress }),
  },
  {
    name: 'dmg create, of an image',
    prepare: async (folder) => ({ read: await disk(folder), output: join(folder, 'made.dmg') }),
    run: (read, output, onProgress) => createDmg(read, output, { onProgress }),
  },
  {
    name: 'hfs add, of the file that is added',
    prepare: async (folder) => {
      const output = await disk(folder);
      const read = join(folder, 'added.bin');
      writeFileSync(read, Buffer.alloc(8 * 2 ** 20, 'added'));
      return { read, output };
    },
    run: (read, output, onProgress) => add(read, output, onProgress),
  },
  {
    name: 'hfs add, of the image',
    prepare: async (folder) => {
      writeFileSync(join(folder, 'added.bin'), Buffer.alloc(8 * 2 ** 20, 'added'));
      const image = await disk(folder);
      return { read: image, output: image };
    },
    run: (read, output, onProgress) => add(join(read, '../added.bin'), output, onProgress),
  },
];

function add(file: string, image: string, onProgress: OnProgress): Promise<unknown> {
  const grown = { date, size: (_: number, needed: number) => needed, onProgress };
  return editImage(image, (editor) => addHostFiles(editor, editor.root, file, {}, new Map()), grown);
}

/** Writes another byte over the last one of a file; its size and the time of its content stay. */
function touch(path: string): void {
  const file = openSync(path, 'r+');
  const last = Buffer.alloc(1);
  const { size: length, atime, mtime } = statSync(path);
  const at = length - 1;
  readSync(file, last, 0, 1, at);
  writeSync(file, Buffer.from([(last[0] ?? 0) ^ 1]), 0, 1, at);
  closeSync(file);
  utimesSync(path, atime, mtime);
}

test.each(readings)(
  '$name refuses a file that is written to while it is read, and leaves nothing',
  async (reading) => {
    const sound = freshFolder();
    const files = await reading.prepare(sound);
    let told = 0;
    await reading.run(files.read, files.output, () => (told += 1));
    expect(told).toBeGreaterThan(0);
    expect(statSync(files.output).size).toBeGreaterThan(0);

    const folder = freshFolder();
    const { read, output } = await reading.prepare(folder);
    const before = readdirSync(folder).sort();
    const was = before.includes(output.slice(folder.length + 1)) ? statSync(output).ino : undefined;
    let touched = false;
    const running = reading.run(read, output, () => {
      if (touched) return;
      touched = true;
      touch(read);
    });
    await expect(running).rejects.toMatchObject({
      code: 'file-changed',
      message: `${read} changed while it was used`,
    });
    expect(touched).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(before);
    // An image that is edited is the one it was, not its copy.
    expect(statSync(output, { throwIfNoEntry: false })?.ino).toBe(was);
  },
);

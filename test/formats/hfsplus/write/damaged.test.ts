import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure, FormatError, type ByteTarget } from '../../../../src/base/index.ts';
import {
  checkVolume,
  editVolume,
  newVolume,
  openVolume,
  type VolumeEditor,
} from '../../../../src/formats/hfsplus/index.ts';
import { checkRange } from '../../../../src/formats/source/index.ts';
import { present } from '../../../rig/fixtures.ts';
import { commitNew, date, edit, fixtureCopy, judge, pattern, withVolume } from './rig.ts';

/** Nothing that these edits do needs more. */
const largest = 64 * 2 ** 20;

function memoryTarget(content: Uint8Array): ByteTarget {
  let bytes = Buffer.from(content);
  return {
    get size() {
      return bytes.length;
    },
    async read(offset, length) {
      checkRange({ size: bytes.length }, offset, length);
      return Promise.resolve(Uint8Array.from(bytes.subarray(offset, offset + length)));
    },
    async write(offset, data) {
      if (offset + data.length > largest) throw new RangeError(`${offset + data.length} bytes are written`);
      if (offset + data.length > bytes.length)
        bytes = Buffer.concat([bytes, Buffer.alloc(offset + data.length - bytes.length)]);
      bytes.set(data, offset);
      return Promise.resolve();
    },
  };
}

function change(editor: VolumeEditor): void {
  const [first, second] = [...(editor.root.children?.values() ?? [])].filter(
    ({ name }) => !name.includes('Private'),
  );
  if (first !== undefined) editor.remove(first);
  const folder = editor.makeFolder(editor.root, 'new');
  const file = editor.putFile(folder, 'file', {
    data: pattern(1, 10_000),
    attributes: new Map([['user.a', Buffer.alloc(5000)]]),
  });
  editor.putHardLink(folder, 'link', second?.kind === 'file' ? second : file);
}

describe('volumes others made', () => {
  test.each(present(['dfvfs/hfsplus.raw', 'hfsplus-rs/hfsp-small.img.xz']))(
    '%s with bytes changed is edited, or refused with one error, and nothing else',
    async (name) => {
      const whole = readFileSync(fixtureCopy(name));
      // Only what is not zero says something.
      const places = [...whole.keys()].filter((at) => whole[at] !== 0);
      const one = fc.tuple(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 }));
      const outcomes = { edited: 0, refused: 0 };
      await fc.assert(
        fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 3 }), async (changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, by] of changes) bytes[at] = (bytes[at] ?? 0) ^ by;
          const target = memoryTarget(bytes);
          try {
            const editor = await editVolume(await openVolume(target));
            change(editor);
            const size = editor.sizeNeeded();
            expect(size).toBeLessThanOrEqual(largest);
            await editor.commit(target, { size });
            await checkVolume(target);
            outcomes.edited++;
          } catch (error) {
            if (!(error instanceof FormatError) && !(error instanceof Failure)) throw error;
            outcomes.refused++;
          }
        }),
        { numRuns: Number(process.env['CIDERMILL_RANDOM_RUNS'] ?? 300) },
      );
      expect(outcomes.edited).toBeGreaterThan(0);
      expect(outcomes.refused).toBeGreaterThan(0);
    },
  );
});

/** Takes a volume's attributes file away, as volumes made before OS X 10.4 have none. */
async function withoutAttributesFile(): Promise<string> {
  const editor = newVolume({ name: 'Panther', date });
  editor.putFile(editor.root, 'a', { data: pattern(1, 5000) });
  const path = await commitNew(editor);
  const { openTarget } = await import('../../../../src/image/index.ts');
  const target = await openTarget(path, 'present');
  const bytes = Buffer.from(await target.read(0, target.size));
  const field = 1024 + 352;
  const [start, count] = [bytes.readUInt32BE(field + 16), bytes.readUInt32BE(field + 20)];
  for (let block = start; block < start + count; block++) {
    const at = 4096 + (block >> 3);
    bytes[at] = (bytes[at] ?? 0) & ~(0x80 >> (block & 7));
  }
  for (const header of [1024, bytes.length - 1024]) {
    bytes.writeUInt32BE(bytes.readUInt32BE(header + 48) + count, header + 48);
    bytes.fill(0, header + 352, header + 432);
  }
  await target.write(0, bytes);
  await target.close();
  return path;
}

test('a volume without an attributes file gets one when it needs it, and not before', async () => {
  const path = await withoutAttributesFile();
  await judge(path);
  await edit(path, (editor) => void editor.putFile(editor.root, 'b', { data: pattern(2, 100) }));
  await judge(path);
  await withVolume(path, ({ header }) => {
    expect(header.attributesFile.totalBlocks).toBe(0);
  });
  const attributes = new Map([['user.a', Buffer.from('value')]]);
  await edit(path, (editor) => void editor.putFile(editor.root, 'c', { attributes }));
  await judge(path);
  await withVolume(path, (volume) => {
    expect(volume.header.attributesFile.totalBlocks).toBeGreaterThan(0);
    expect([...volume.attributes.values()].map((own) => [...own.keys()])).toEqual([['user.a']]);
  });
});

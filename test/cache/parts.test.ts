import { createCipheriv, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { partsOf, type Part } from '../../src/cache/parts.ts';
import { freshFolder } from '../rig/folder.ts';

async function partsIn(bytes: Buffer): Promise<Part[]> {
  const path = join(freshFolder(), 'file');
  writeFileSync(path, bytes);
  const parts: Part[] = [];
  for await (const part of partsOf(path, bytes.length)) parts.push(part);
  return parts;
}

/** The same bytes on every machine. */
function noise(length: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(Buffer.alloc(length));
}

describe('the parts of a blob', () => {
  it('follow one another without a gap, within their bounds, each named by its digest', async () => {
    const bytes = noise(10_000_000);
    const parts = await partsIn(bytes);
    expect(parts.length).toBeGreaterThan(15);
    let offset = 0;
    for (const [index, part] of parts.entries()) {
      expect(part).toEqual({
        digest: sha256(bytes.subarray(offset, offset + part.size)),
        size: part.size,
        offset,
      });
      if (index < parts.length - 1) expect(part.size).toBeGreaterThanOrEqual(1 << 16);
      expect(part.size).toBeLessThanOrEqual(1 << 20);
      offset += part.size;
    }
    expect(offset).toBe(bytes.length);
  });

  it('are cut at the same places on every machine', async () => {
    const parts = await partsIn(noise(3_000_000));
    expect(parts.map(({ size }) => size)).toMatchInlineSnapshot(`
      [
        345587,
        471074,
        133812,
        188691,
        384049,
        628134,
        314541,
        456973,
        77139,
      ]
    `);
  });

  it('are the same but for a few when bytes are put in, taken out or changed', async () => {
    const bytes = noise(20_000_000);
    const before = new Set((await partsIn(bytes)).map(({ digest }) => digest));
    const changed = Buffer.concat([
      bytes.subarray(0, 5_000_000),
      randomBytes(777),
      bytes.subarray(5_000_000, 12_000_000),
      bytes.subarray(12_000_999, 16_000_000),
      randomBytes(10),
      bytes.subarray(16_000_010),
    ]);
    const fresh = (await partsIn(changed)).filter(({ digest }) => !before.has(digest));
    expect(fresh.length).toBeGreaterThanOrEqual(3);
    expect(fresh.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(4_000_000);
  });

  it('of nothing but zeros are as long as they may be', async () => {
    expect((await partsIn(Buffer.alloc(3 << 20))).map(({ size }) => size)).toEqual([
      1 << 20,
      1 << 20,
      1 << 20,
    ]);
  });
});

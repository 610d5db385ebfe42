import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { decodeLzfse } from '../../src/formats/lzfse/index.ts';
import { fixture, has } from '../rig/fixtures.ts';
import { freshFolder } from '../rig/folder.ts';
import { referenceLzfse } from '../rig/judges/index.ts';
import { sevenZipDisk } from '../rig/seven-zip.ts';
import { encodeLzfse } from '../rig/images/lzfse-encoder.ts';
import { writeUdif } from '../rig/images/udif-writer.ts';

/** What 7-Zip makes of a stream, in a disk image around it. */
function judged(stream: Uint8Array, size: number): Buffer {
  const path = join(freshFolder(), 'one.dmg');
  const run = { kind: 'lzfse', data: new Uint8Array(size), stored: stream } as const;
  writeFileSync(path, writeUdif([{ name: 'disk', runs: [run] }], { checksums: false }));
  return sevenZipDisk(path);
}

const sonnet = Buffer.from(
  "Shall I compare thee to a summer's day? Thou art more lovely. ".repeat(80),
).subarray(0, 4096);

test('streams one after another decode into the same memory, which grows with them', () => {
  const reused = { buffer: Buffer.alloc(0) };
  const texts = [sonnet, randomBytes(100_352), sonnet.subarray(0, 1000), Buffer.alloc(30_000, 'pips ')];
  for (const text of texts) {
    const output = decodeLzfse(encodeLzfse(text), text.length, 0, reused);
    expect(output.buffer).toBe(reused.buffer.buffer);
    expect(Buffer.from(output).equals(text)).toBe(true);
  }
  const size = reused.buffer.length;
  expect(size).toBeGreaterThanOrEqual(100_352);
  // What a stream leaves open is not taken from the one before.
  expect(() => decodeLzfse(encodeLzfse(sonnet), sonnet.length + 1, 0, reused)).toThrow('instead of');
  expect(reused.buffer).toHaveLength(size);
});

describe('streams of other encoders', () => {
  test.each([
    ['text', sonnet, 'bvxn'],
    ['a program', readFileSync(process.execPath).subarray(0, 2 ** 20), 'bvx2'],
    ['text of a page', Buffer.concat(Array.from({ length: 60 }, () => sonnet)), 'bvx2'],
    ['noise', randomBytes(100_352), 'bvx2'],
  ])('what the reference encoder makes of %s decodes to what it was made of', (_what, data, magic) => {
    const stream = referenceLzfse(data.subarray(0, magic === 'bvxn' ? 3584 : data.length));
    const size = magic === 'bvxn' ? 3584 : data.length;
    expect(stream.toString('latin1', 0, 4)).toBe(magic);
    expect(Buffer.from(decodeLzfse(stream, size)).equals(data.subarray(0, size))).toBe(true);
  });

  test('a stream of bvx2 blocks decodes as 7-Zip decodes it', () => {
    const stream = has('lzfse_rust/html.lzfse')
      ? readFileSync(fixture('lzfse_rust/html.lzfse'))
      : referenceLzfse(readFileSync(process.execPath).subarray(0, 102_400));
    expect(judged(stream, 102_400).equals(decodeLzfse(stream, 102_400))).toBe(true);
  });

  test('a stream of a bvx1 block decodes to the text it was made of', () => {
    const own = encodeLzfse(sonnet, 1);
    expect(own.toString('latin1', 0, 4)).toBe('bvx1');
    expect(Buffer.from(decodeLzfse(own, 4096)).equals(sonnet)).toBe(true);
    expect(referenceLzfse(own, 'decode').equals(sonnet)).toBe(true);
    if (!has('lzfse_rust/vx1.lzfse')) return;
    const stream = readFileSync(fixture('lzfse_rust/vx1.lzfse'));
    const text = Buffer.from(decodeLzfse(stream, 4096)).toString('latin1');
    expect(text).toMatch(/^\s+ALICE'S ADVENTURES IN WONDERLAND\s/);
    expect(text).toMatch(/^[\s!-~]+$/);
  });

  test('a stream with any byte changed decodes to its size or is refused with an offset', () => {
    const original = has('lzfse_rust/vx1.lzfse')
      ? readFileSync(fixture('lzfse_rust/vx1.lzfse'))
      : encodeLzfse(sonnet, 1);
    fc.assert(
      fc.property(fc.nat({ max: original.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const stream = Buffer.from(original);
        stream[at] = (stream[at] ?? 0) ^ change;
        expectSizeOrError(stream, 4096);
      }),
      { numRuns: 500 },
    );
  });
});

test('LZVN blocks of every opcode decode as 7-Zip decodes them', () => {
  for (let seed = 1; seed <= 8; seed++) {
    const { stream, size } = randomLzvn(seed);
    expect(judged(stream, size).equals(decodeLzfse(stream, size))).toBe(true);
  }
});

test.each([
  ['text', Buffer.from('so much depends upon a red wheel barrow glazed with rain water; '.repeat(9000))],
  ['one byte again and again', Buffer.alloc(300_000, 7)],
  ['noise', randomBytes(200_000)],
  ['short runs among noise', shortRuns()],
  ['a program', readFileSync(process.execPath).subarray(0, 3 * 2 ** 20)],
  ['a few bytes', Buffer.from('abc')],
])('bvx2 blocks of %s decode as 7-Zip decodes them', (_what, data) => {
  // 7-Zip takes whole sectors.
  const whole = Buffer.concat([data, Buffer.alloc(-data.length & 511)]);
  const stream = encodeLzfse(whole);
  expect(judged(stream, whole.length).equals(whole)).toBe(true);
  expect(Buffer.from(decodeLzfse(stream, whole.length)).equals(whole)).toBe(true);
});

/** Repetitions from 1 to 7 bytes back, whose copies overlap. */
function shortRuns(): Buffer {
  const parts: Buffer[] = [];
  for (let distance = 1; distance < 200; distance++) {
    const run = randomBytes((distance % 7) + 1);
    parts.push(Buffer.alloc(5 + distance * 3, run), randomBytes(distance % 11));
  }
  return Buffer.concat(parts);
}

test('a stream with any bytes changed decodes to its size or is refused with an offset', () => {
  const data = Buffer.concat([shortRuns(), Buffer.from('to be or not to be; '.repeat(400))]);
  const original = encodeLzfse(data);
  fc.assert(
    fc.property(fc.nat({ max: original.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const stream = Buffer.from(original);
      stream[at] = (stream[at] ?? 0) ^ change;
      expectSizeOrError(stream, data.length);
    }),
    { numRuns: 1500 },
  );
});

test('raw blocks join and the end block ends', () => {
  const block = Buffer.concat([Buffer.from('bvx-\x03\0\0\0', 'latin1'), Buffer.from('abc')]);
  const stream = Buffer.concat([block, block, Buffer.from('bvx$')]);
  expect(Buffer.from(decodeLzfse(stream, 6)).toString()).toBe('abcabc');
  expect(() => decodeLzfse(stream, 7)).toThrow('decodes to 6 bytes instead of 7');
  expect(() => decodeLzfse(stream, 5)).toThrow('decodes to more than 5 bytes');
  expect(() => decodeLzfse(stream.subarray(0, -4), 6)).toThrow(
    'ends without an end block (lzfse, at byte 22)',
  );
});

test('any bytes after a block signature give the size asked for or a FormatError', () => {
  const magic = fc.constantFrom('bvx-', 'bvxn', 'bvx1', 'bvx2', 'bvx$', 'bvx?');
  const stream = fc.tuple(magic, fc.uint8Array({ maxLength: 1200 }));
  fc.assert(
    fc.property(stream, fc.nat({ max: 4096 }), ([name, rest], size) => {
      expectSizeOrError(Buffer.concat([Buffer.from(name), rest]), size);
    }),
    { numRuns: 2000 },
  );
});

function expectSizeOrError(stream: Uint8Array, size: number): void {
  try {
    expect(decodeLzfse(stream, size)).toHaveLength(size);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).offset).toBeTypeOf('number');
  }
}

/** A valid LZVN stream of opcodes drawn evenly from all forms, that ends on a whole sector. */
function randomLzvn(seed: number): { stream: Buffer; size: number } {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const out: number[] = [];
  let size = 0;
  let known = false;
  const literals = (count: number): void => {
    for (let i = 0; i < count; i++) out.push(random(256));
    size += count;
  };
  out.push(0xe0, 4);
  literals(20);
  while (size < 20_000) {
    const most = size; // A match may reach back this far, before its own literals are counted.
    const form = random(8);
    const l = random(4);
    if (form === 0) {
      const m = random(8);
      const d = 1 + random(Math.min(most, 0x5ff));
      // LL 01 1… with M 6 or 7 is the undefined 0x70–0x7f, LL 11 with M 2 or 3 0xd0–0xdf, 101… the medium form.
      const opcode = (l << 6) | (m << 3) | (d >> 8);
      if ((opcode & 7) > 5 || opcode >= 0xe0 || (opcode >= 0xa0 && opcode < 0xc0)) continue;
      if ((opcode & 0xf0) === 0x70 || (opcode & 0xf0) === 0xd0) continue;
      out.push(opcode, d & 255);
      literals(l);
      size += m + 3;
      known = true;
    } else if (form === 1) {
      const m = random(32);
      const d = 1 + random(Math.min(most, 0x3fff));
      out.push(0xa0 | (l << 3) | (m >> 2), ((d & 0x3f) << 2) | (m & 3), d >> 6);
      literals(l);
      size += m + 3;
      known = true;
    } else if (form === 2) {
      const m = random(8);
      const opcode = (l << 6) | (m << 3) | 7;
      if (opcode >= 0xe0 || (opcode >= 0xa0 && opcode < 0xc0)) continue;
      if ((opcode & 0xf0) === 0x70 || (opcode & 0xf0) === 0xd0) continue;
      const d = 1 + random(Math.min(most, 0xffff));
      out.push(opcode, d & 255, d >> 8);
      literals(l);
      size += m + 3;
      known = true;
    } else if (form === 3 && known) {
      const opcode = ((1 + random(2)) << 6) | (random(4) << 3) | 6;
      if (opcode >= 0xa0 || (opcode & 0xf0) === 0x70) continue;
      out.push(opcode);
      literals(opcode >> 6);
      size += ((opcode >> 3) & 7) + 3;
    } else if (form === 4) {
      const count = 1 + random(15);
      out.push(0xe0 | count);
      literals(count);
    } else if (form === 5) {
      const count = random(256);
      out.push(0xe0, count);
      literals(count + 16);
    } else if (form === 6 && known) {
      const count = 1 + random(15);
      out.push(0xf0 | count);
      size += count;
    } else if (form === 7 && known) {
      const count = random(256);
      out.push(random(2) === 0 ? 0x0e : 0x16, 0xf0, count);
      size += count + 16;
    }
  }
  while (size % 512 !== 0) {
    out.push(0xe1);
    literals(1);
  }
  out.push(6, 0, 0, 0, 0, 0, 0, 0);
  const head = Buffer.from('bvxn\0\0\0\0\0\0\0\0');
  head.writeUInt32LE(size, 4);
  head.writeUInt32LE(out.length, 8);
  return { stream: Buffer.concat([head, Buffer.from(out), Buffer.from('bvx$')]), size };
}

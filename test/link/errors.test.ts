import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Failure, FormatError } from '../../src/base/index.ts';
import { link, type Layout, type LinkInput } from '../../src/link/index.ts';
import { fileFolder, freshFolder } from '../rig/folder.ts';
import { archive, assemble, buildSamples, input, sampleInputs, sampleLayout } from './samples.ts';

const layout: Layout = { base: 0x1000, order: ['__TEXT,*', '__DATA,*', '__DATA,__common', '__DATA,__bss'] };

function object(name: string, source: string): LinkInput {
  return input(name, assemble(source));
}

describe('symbols', () => {
  it('that nobody defines are named all at once, with who wants them', async () => {
    const inputs = [
      object('a.o', '.long _one, _two'),
      object('b.o', '.long _two'),
      object('c.o', '.globl _three\n_three: .long 0'),
    ];
    await expect(link(inputs, layout)).rejects.toThrow(
      new Failure(
        'undefined-symbol',
        '2 undefined symbols:\n  _one, wanted by a.o\n  _two, wanted by a.o, b.o',
      ),
    );
  });

  it('that two objects define are named with both', async () => {
    const source = '.globl _main\n_main: ret';
    const inputs = [object('a.o', source), object('b.o', source)];
    await expect(link(inputs, layout)).rejects.toThrow(
      new Failure('duplicate-symbol', '1 duplicate symbol:\n  _main is defined by a.o and by b.o'),
    );
  });

  it('that the layout defines are not defined again', async () => {
    const inputs = [object('a.o', '.globl _main\n_main: ret')];
    await expect(link(inputs, { ...layout, define: { _main: 5 } })).rejects.toThrow(
      /_main is defined by the layout and by a\.o/,
    );
  });

  it('of one object alone may be called alike', async () => {
    const source = 'local: .long local';
    const { image } = await link([object('a.o', source), object('b.o', source)], layout);
    expect([...new Uint32Array(image.slice().buffer)]).toEqual([0x1000, 0x1004]);
  });
});

describe('sections', () => {
  it('that the layout does not name are named, with the object', async () => {
    const inputs = [object('a.o', '.section __ODD,__one\n.byte 1\n.section __ODD,__two\n.byte 2')];
    await expect(link(inputs, layout)).rejects.toThrow(
      'the layout has no place for\n  __ODD,__one of a.o\n  __ODD,__two of a.o',
    );
  });

  it('that are dropped may not be referred to', async () => {
    const inputs = [object('a.o', '.section __ODD,__one\nodd: .long 1\n.text\n.long odd')];
    await expect(link(inputs, { ...layout, drop: ['__ODD,*'] })).rejects.toThrow(
      /^a\.o: __TEXT,__text at 0x0: __ODD,__one is left out \(macho, at byte \d+\)$/,
    );
  });

  it('follow the most exact line of the layout, whatever their order in the inputs', async () => {
    const inputs = [
      object(
        'a.o',
        '.data\n.byte 3\n.section __DATA,__last\n.byte 4\n.section __DATA,__mid\n.byte 2\n.text\n.byte 1',
      ),
    ];
    const order = ['__TEXT,*', '__DATA,*', '__DATA,__data', '__DATA,__last'];
    expect([...(await link(inputs, { ...layout, order })).image]).toEqual([1, 2, 3, 4]);
  });

  it('that are zero-filled come last, whatever the layout says', async () => {
    const inputs = [object('a.o', '.zerofill __DATA,__bss,_z,16,2\n.data\n.globl _d\n_d: .long _z')];
    const order = ['__DATA,__bss', '__DATA,*', '__TEXT,*'];
    const { image, symbols, end } = await link(inputs, { ...layout, order });
    expect([...image]).toEqual([4, 0x10, 0, 0]);
    expect([symbols.get('_z') ?? 0x1004, end]).toEqual([0x1004, 0x1014]);
  });

  it('that want another alignment than the base has are refused', async () => {
    const inputs = [object('a.o', '.align 4\n.byte 1')];
    await expect(link(inputs, { ...layout, base: 0x1008 })).rejects.toThrow(
      'the layout cannot be used: its base 0x1008 is not a multiple of 16, as __TEXT,__text needs it',
    );
  });

  it('that leave the address space are refused', async () => {
    const inputs = [object('a.o', '.zerofill __DATA,__bss,_z,0xf0000000,2\n.byte 1')];
    await expect(link(inputs, { ...layout, base: 0x20000000 })).rejects.toThrow(
      /^the image ends at 0x11000000/,
    );
  });
});

describe('a layout', () => {
  it.each<[string, Partial<Layout>, string]>([
    ['no address', { base: -1 }, 'its base -1 is not an address of 32 bits'],
    ['no section', { order: ['__TEXT'] }, '"__TEXT" is not of the form SEGMENT,section'],
    ['a line twice', { order: ['__TEXT,*'], drop: ['__TEXT,*'] }, '"__TEXT,*" is there twice'],
    [
      'a value too large',
      { define: { a: 2 ** 32 } },
      'the symbol a is to be 4294967296, which is no address',
    ],
  ])('with %s is refused', async (_what, change, message) => {
    await expect(link([], { ...layout, ...change })).rejects.toThrow(message);
  });
});

describe('relocations', () => {
  /** In an object with one of them, the words of its entry. */
  async function linkWith(change: (bytes: Buffer, entry: number) => void): Promise<unknown> {
    const bytes = Buffer.from(assemble('.globl _a\n_a: .long 0, 0\n.data\n.long _a, 0'));
    // The second section's header: its relocations are 48 bytes in.
    const entry = bytes.readUInt32LE(28 + 56 + 68 + 48);
    change(bytes, entry);
    return link([input('a.o', bytes)], layout);
  }
  const typed = (type: number) => (bytes: Buffer, at: number) =>
    bytes.writeUInt32LE(((bytes.readUInt32LE(at + 4) & 0x0fffffff) | (type << 28)) >>> 0, at + 4);
  const place = 'a.o: __DATA,__data at 0x';

  it.each<[string, (bytes: Buffer, entry: number) => void, string]>([
    ['of an unknown type', typed(9), '0: a relocation of type 9 is not known'],
    ['of thread-local variables', typed(5), '0: a relocation of type 5 (TLV) is not supported here'],
    ['of lazy pointers', typed(3), '0: a relocation of type 3 (PB_LA_PTR) is not supported here'],
    ['that are half a pair', typed(2), '0: a difference of sections without its PAIR'],
    ['that are the other half', typed(1), '0: a relocation of type 1 (PAIR) is not supported here'],
    [
      'outside of the section',
      (bytes, at) => bytes.writeUInt32LE(6, at),
      '6: it lies outside of the section',
    ],
    [
      'of a section that is not there',
      (bytes, at) => bytes.writeUInt32LE(0x04000009, at + 4),
      '0: there is no section 9',
    ],
    [
      'of a symbol that is not there',
      (bytes, at) => bytes.writeUInt32LE(0x0c000077, at + 4),
      '0: there is no symbol 119',
    ],
    [
      'of eight bytes',
      (bytes, at) => bytes.writeUInt32LE(0x06000001, at + 4),
      '0: 8 bytes are to be relocated',
    ],
  ])('%s are refused by object, section and place', async (_what, change, message) => {
    await expect(linkWith(change)).rejects.toThrow(`${place}${message}`);
  });

  it('that assemblers write in two ways are refused, where the two differ', async () => {
    const code = '.section __TEXT,__code\ncall far + 4\n';
    const data = '.section __DATA,__far\nfar: .long 0, 0\n';
    const { image } = await link([object('a.o', code + data)], layout);
    expect(Buffer.from(image).readInt32LE(1)).toBe(4);
    await expect(link([object('a.o', data + code)], layout)).rejects.toThrow(
      /^a\.o: __TEXT,__code at 0x1: relative to the program counter and scattered/,
    );
  });

  it('whose value does not fit are refused', async () => {
    const value = (source: string, _v: number): Promise<unknown> =>
      link([object('a.o', source)], { ...layout, define: { _v } });
    await expect(value('.byte _v', 255)).resolves.toBeDefined();
    await expect(value('.byte _v', 256)).rejects.toThrow(/at 0x0: 0 \+ 256 does not fit into a byte/);
    await expect(value('.word _v', 65535)).resolves.toBeDefined();
    await expect(value('.word _v', 65536)).rejects.toThrow(/at 0x0: 0 \+ 65536 does not fit into 2 bytes/);
    const nextSegment = '.word near, other\nnear: .space 0x10000\nother: .long 0';
    await expect(link([object('a.o', nextSegment)], { ...layout, base: 0x20000 })).rejects.toThrow(
      /a\.o: __TEXT,__text at 0x2: 4 \+ 131072 does not fit into 2 bytes/,
    );
    const far = object('far.o', '.space 200\n.globl _far\n_far: ret');
    await expect(link([object('a.o', 'jecxz _far'), far], layout)).rejects.toThrow(
      /a\.o: __TEXT,__text at 0x1: -2 \+ \d+ does not fit into a byte/,
    );
  });
});

describe('archives', () => {
  function makeArchive(format: 'bsd' | 'gnu' | 'darwin'): Buffer {
    const folder = freshFolder();
    writeFileSync(join(folder, 'a-name-that-is-longer-than-sixteen.o'), assemble('.globl _a\n_a: .long 1'));
    writeFileSync(join(folder, 'b.o'), assemble('.globl _b\n_b: .long _a'));
    archive(folder, format, 'lib.a', ['a-name-that-is-longer-than-sixteen.o', 'b.o']);
    return readFileSync(join(folder, 'lib.a'));
  }
  const wants = object('wants.o', '.long _b');

  it.each(['bsd', 'gnu', 'darwin'] as const)('as %s writes them give what is needed', async (format) => {
    const { map } = await link([wants, input('lib.a', makeArchive(format))], layout);
    expect(map).toContain('lib.a(a-name-that-is-longer-than-sixteen.o)');
  });

  it('that are cut short are refused, wherever it is', async () => {
    for (const format of ['bsd', 'gnu', 'darwin'] as const) {
      const whole = makeArchive(format);
      for (let length = 1; length < whole.length - 1; length += 7) {
        await expect(link([wants, input('lib.a', whole.subarray(0, length))], layout)).rejects.toThrow(
          /^lib\.a: .* \(ar\b|^lib\.a\(.* \(macho\b|^1 undefined symbol:/s,
        );
      }
    }
    const cut = makeArchive('gnu').subarray(0, -20);
    await expect(link([wants, input('lib.a', cut)], layout)).rejects.toThrow(
      /^lib\.a: it is truncated: \d+ of the \d+ bytes of its member b\.o are there \(ar, at byte \d+\)$/,
    );
  });

  it('that hold no objects, and what is neither, are refused by name', async () => {
    const text = Buffer.from('!<arch>\nreadme.txt      0           0     0     644     4         `\ntext');
    await expect(link([input('lib.a', text)], layout)).rejects.toThrow(
      /^lib\.a\(readme\.txt\): macho\.header is truncated \(macho, at byte 68\)$/,
    );
    await expect(link([input('x', Buffer.from('\x7fELF'))], layout)).rejects.toThrow(
      'x: this is neither a Mach-O object of 32 bits nor an archive',
    );
    await expect(link([input('x', Buffer.alloc(0))], layout)).rejects.toThrow(/neither/);
    await expect(link([input('x', Buffer.from('!<thin>\n'))], layout)).rejects.toThrow(/thin archive/);
  });
});

describe('inputs of absurd numbers', () => {
  it('are linked as fast as they are read', async () => {
    const [sections, relocations] = [50_000, 200_000];
    const first = 28 + 56;
    const entries = first + sections * 68;
    const bytes = Buffer.alloc(entries + relocations * 8);
    const words = (at: number, values: readonly number[]): void =>
      values.forEach((value, index) => bytes.writeUInt32LE(value, at + 4 * index));
    words(0, [0xfeedface, 7, 3, 1, 1, 56 + sections * 68, 0]);
    words(28, [1, 56 + sections * 68, 0, 0, 0, 0, 0, 4, 0, 4, 7, 7, sections, 0]);
    // All begin at 0; the last one has a word, which is relocated again and again.
    for (let index = 0; index < sections; index++) {
      const at = first + index * 68;
      bytes.write('__text', at);
      bytes.write('__TEXT', at + 16);
      if (index === sections - 1) words(at + 32, [0, 4, 0, 0, entries, relocations]);
    }
    for (let index = 0; index < relocations; index++) words(entries + index * 8, [0xa0000000, 0]);
    const { image } = await link([input('a.o', bytes)], { ...layout, base: 0x10000 });
    expect(image).toHaveLength(4);
  });
});

describe('damaged inputs', () => {
  const folder = fileFolder();
  beforeAll(() => buildSamples(folder));

  it('are linked or refused, never anything else', { timeout: 60_000 }, async () => {
    const inputs = sampleInputs(folder);
    const bytes = await Promise.all(inputs.map(({ source }) => source.read(0, source.size)));
    const places = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.nat(inputs.length - 1), places, async (which, changes) => {
        const damaged = Uint8Array.from(bytes[which] ?? []);
        for (const [place, value] of changes) damaged[place % damaged.length] = value;
        const all = inputs.map((one, index) => (index === which ? input(one.name, damaged) : one));
        await link(all, sampleLayout).catch((error: unknown) => {
          if (!(error instanceof FormatError) && !(error instanceof Failure)) throw error;
        });
      }),
      { numRuns: 400 },
    );
  });
});

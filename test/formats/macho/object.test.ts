import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/index.ts';
import { readObject, relocationTypes, type MachObject } from '../../../src/formats/macho/index.ts';
import { memorySource } from '../../../src/formats/source/index.ts';
import { buildSamples } from '../../link/samples.ts';
import { fileFolder } from '../../rig/folder.ts';

const folder = fileFolder();
let names: string[] = [];
beforeAll(() => {
  buildSamples(folder);
  names = readdirSync(folder).filter((name) => name.endsWith('.o'));
});

function read(bytes: Uint8Array, name = 'object'): Promise<MachObject> {
  return readObject(name, memorySource(bytes));
}

describe('objects that clang makes', () => {
  it('have the sections that LLVM finds', async () => {
    for (const name of names) {
      const { sections } = await read(readFileSync(join(folder, name)));
      const ours = sections.map((one) => ({
        name: one.name,
        segment: one.segment,
        address: one.address,
        size: one.size,
        alignment: one.alignment,
        relocations: one.relocations.length,
      }));
      expect(ours, name).toEqual(sectionsByLlvm(name));
    }
  });

  it('have the relocations that LLVM finds', async () => {
    let count = 0;
    for (const name of names) {
      const object = await read(readFileSync(join(folder, name)));
      const ours = object.sections.flatMap(({ relocations }) =>
        relocations.map((one) => ({
          address: one.address,
          relative: Number(one.pcRelative),
          size: one.size,
          type: relocationTypes[one.type],
          target: targetOf(object, one.target),
        })),
      );
      count += ours.length;
      expect(ours, name).toEqual(relocationsByLlvm(name));
    }
    expect(count).toBeGreaterThan(100);
  });

  it('have the symbols that LLVM finds', async () => {
    for (const name of names) {
      const { symbols } = await read(readFileSync(join(folder, name)));
      const ours = symbols.map((symbol) => {
        const letter = { section: 'section', absolute: 'a', common: 'c', undefined: 'u', debug: '-' }[
          symbol.kind
        ];
        const global = !('scope' in symbol) || symbol.scope === 'global';
        const value = 'address' in symbol ? symbol.address : symbol.kind === 'common' ? symbol.size : 0;
        return { name: symbol.name, kind: letter, global, value };
      });
      expect(ours.sort(byName), name).toEqual(symbolsByLlvm(name).sort(byName));
    }
  });
});

describe('an object that is damaged', () => {
  it('is refused by name and offset, or read, and never anything else', { timeout: 60_000 }, async () => {
    const originals = ['kinds.o', 'position-independent.o', 'commons.o'].map((name) =>
      readFileSync(join(folder, name)),
    );
    const damage = fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...originals), damage, fc.nat(), async (original, places, cut) => {
        const bytes = Uint8Array.from(original);
        // The first kilobyte holds what all else is found by.
        for (const [place, value] of places) bytes[place % (place % 3 === 0 ? bytes.length : 1024)] = value;
        const short = cut % 4 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
        await read(short).catch((error: unknown) => {
          if (!(error instanceof FormatError)) throw error;
          expect(error.message).toMatch(/^object: .+ \(macho, at byte \d+\)$/);
        });
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['another kind of file', 0, 0xcafebabe, /not a Mach-O object of 32 bits/],
    ['another processor', 4, 0x01000007, /the processor 16777223 is not i386/],
    ['a program', 12, 2, /the file type 2 is not a relocatable object/],
    ['more load commands than fit', 20, 0x7fffffff, /2147483647 bytes of load commands do not fit/],
    ['a load command that nobody knows', 28, 0x77, /the load command 0x77 is not supported/],
    ['a load command of no size', 32, 0, /load command 0 has a size of 0 bytes/],
    ['more sections than fit', 76, 0xffff, /65535 sections do not fit into their command/],
  ])('being %s is told', async (_what, offset, value, message) => {
    const bytes = readFileSync(join(folder, 'kinds.o'));
    bytes.writeUInt32LE(value, offset);
    await expect(read(bytes)).rejects.toThrow(message);
  });
});

function targetOf(
  object: MachObject,
  target: MachObject['sections'][number]['relocations'][number]['target'],
) {
  switch (target.kind) {
    case 'symbol':
      return object.symbols[target.index]?.name;
    case 'section':
      return object.sections[target.ordinal - 1]?.name;
    case 'address':
      return target.value;
  }
}

function sectionsByLlvm(name: string) {
  return blocks(llvm('llvm-readobj', ['--sections', name]), 'Section').map((fields) => ({
    name: word(fields, 'Name'),
    segment: word(fields, 'Segment'),
    address: Number(fields.get('Address')),
    size: Number(fields.get('Size')),
    alignment: Number(fields.get('Alignment')),
    relocations: Number(fields.get('RelocationCount')),
  }));
}

function relocationsByLlvm(name: string) {
  const text = llvm('llvm-readobj', ['--relocations', '--expand-relocs', name]);
  return blocks(text, 'Relocation').map((fields) => {
    const symbol = fields.get('Symbol') ?? fields.get('Section');
    return {
      address: Number(fields.get('Offset')),
      relative: Number(fields.get('PCRel')),
      size: 2 ** Number(fields.get('Length')),
      type: word(fields, 'Type').replace('GENERIC_RELOC_', '').replace('LOCAL_SECTDIFF', 'LOCAL_SECTDIFF'),
      target: symbol === undefined ? Number(fields.get('Value')) : symbol.split(' ')[0],
    };
  });
}

/** `llvm-nm` writes each as name, letter, value, size. */
function symbolsByLlvm(name: string) {
  return llvm('llvm-nm', ['-a', '--format=posix', name])
    .split('\n')
    .filter((line) => line.includes(' '))
    .map((line) => {
      const [symbol = '', letter = '', value = ''] = line.split(' ');
      const lower = letter.toLowerCase();
      return {
        name: symbol,
        kind: ['a', 'c', 'u', '-'].includes(lower) ? lower : lower === 'w' ? 'u' : 'section',
        global: letter !== lower || letter === 'w',
        value: lower === 'u' || lower === 'w' ? 0 : parseInt(value, 16),
      };
    });
}

function blocks(text: string, kind: string): Map<string, string>[] {
  return [...text.matchAll(new RegExp(`^ *${kind} \\{\\n([^{}]*?\\n) *\\}`, 'gm'))].map(
    ([, body = '']) =>
      new Map(
        [...body.matchAll(/^ *(\w+): (.*)$/gm)].map(([, key = '', value = '']): [string, string] => [
          key,
          value,
        ]),
      ),
  );
}

function word(fields: ReadonlyMap<string, string>, key: string): string {
  return (fields.get(key) ?? '').split(' ')[0] ?? '';
}

function byName(a: { name: string; value: number }, b: { name: string; value: number }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.value - b.value;
}

function llvm(tool: string, args: readonly string[]): string {
  return execFileSync(tool, args, { cwd: folder, encoding: 'utf8' });
}

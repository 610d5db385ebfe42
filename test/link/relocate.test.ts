import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { link } from '../../src/link/index.ts';
import { assemble, input } from './samples.ts';

/** Data with references to labels: what the assembler cannot know, and what it must come to. */
interface Reference {
  readonly in: number;
  readonly kind: 'address' | 'difference' | 'relative';
  readonly bytes: 2 | 4;
  readonly to: number;
  readonly from: number;
  /** None where it is relative: see the errors. */
  readonly addend: number;
}

const sectionCount = 4;
const reference: fc.Arbitrary<Reference> = fc.record({
  in: fc.nat(sectionCount - 1),
  kind: fc.constantFrom('address', 'difference', 'relative'),
  bytes: fc.constantFrom(2, 4),
  to: fc.nat(sectionCount - 1),
  from: fc.nat(sectionCount - 1),
  addend: fc.integer({ min: -40, max: 40 }),
});

describe('relocated numbers', () => {
  it('are what the addresses say, for every kind, place and addend', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(reference, { minLength: 10, maxLength: 60 }),
        fc.array(fc.nat(30), { minLength: sectionCount, maxLength: sectionCount }),
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: sectionCount }),
        fc.nat(0xffff),
        async (references, pads, order, page) => {
          // Of an address in 2 bytes the lower half is there, as real mode takes it: all lies in the same 64 KiB.
          const wanted = references.map((one): Reference => {
            return one.kind === 'relative' ? { ...one, bytes: 4, addend: 0 } : one;
          });
          const { image, symbols, base } = await link([input('a.o', assemble(source(wanted, pads)))], {
            base: page * 0x1000,
            order: [...order.map((index) => `__S,__s${index}`), '__TEXT,*'],
          });
          const view = new DataView(image.buffer, image.byteOffset, image.length);
          const label = (index: number): number => symbols.get(`g${index}`) ?? NaN;
          wanted.forEach((one, index) => {
            const at = (symbols.get(`r${index}`) ?? NaN) + (one.kind === 'relative' ? 1 : 0);
            const expected = {
              address: label(one.to) + one.addend,
              difference: label(one.to) - label(one.from) + one.addend,
              relative: label(one.to) + one.addend - (at + 4),
            }[one.kind];
            const found = one.bytes === 2 ? view.getInt16(at - base, true) : view.getInt32(at - base, true);
            expect(found, JSON.stringify(one)).toBe(one.bytes === 2 ? (expected << 16) >> 16 : expected | 0);
          });
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** Each section has padding, a label both local (l0) and shared (g0) in its middle, and its references (r0 …). */
function source(references: readonly Reference[], pads: readonly number[]): string {
  return pads
    .map((pad, section) => {
      const lines = references.flatMap((one, index) =>
        one.in === section ? [`.globl r${index}\n${written(one, index)}`] : [],
      );
      return `.section __S,__s${section}\n.space ${pad}\n.globl g${section}\ng${section}: l${section}: .space ${8 - (pad % 8)}\n${lines.join('\n')}`;
    })
    .join('\n');
}

function written(one: Reference, index: number): string {
  const addend = one.addend < 0 ? String(one.addend) : `+${one.addend}`;
  const directive = one.bytes === 2 ? '.word' : '.long';
  switch (one.kind) {
    case 'address':
      return `r${index}: ${directive} l${one.to}${addend}`;
    case 'difference':
      return `r${index}: ${directive} l${one.to}-l${one.from}${addend}`;
    case 'relative':
      // Behind an opcode of one byte.
      return `r${index}: call l${one.to}`;
  }
}

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isVector, readDisassembly } from '../../../scripts/chameleon/image/disassembly.ts';
import { mostCalls, reachedCode, type ReachedCode } from '../../../scripts/chameleon/image/reached-code.ts';
import { wrapCode } from '../../../src/formats/macho/index.ts';
import { link } from '../../../src/link/index.ts';
import { assemble, input } from '../../link/samples.ts';
import { freshFolder } from '../../rig/folder.ts';
import { tablesAndStrings } from './trees.ts';

const base = 0x20200;

interface Look extends ReachedCode {
  readonly vectors: readonly string[];
  readonly count: number;
  /** How often the disassembler was started. */
  readonly calls: number;
}

/**
 * The vector instructions that are reached in a flat image of a text, and how many are reached of all.
 * @param code the sections that the search knows to be code; without it it knows of none
 */
async function look(source: string, code?: readonly string[]): Promise<Look> {
  const { image, sections } = await link([input('a.o', assemble(source))], {
    base,
    order: ['__TEXT,__text', '__TEXT,*'],
  });
  const object = join(freshFolder(), 'image.o');
  let calls = 0;
  const disassemble = (starts: readonly number[]) => {
    calls++;
    writeFileSync(object, wrapCode(image, base, starts));
    const args = ['-d', '--no-show-raw-insn', object];
    return Promise.resolve(readDisassembly(execFileSync('llvm-objdump', args, { encoding: 'utf8' })));
  };
  const ranges = sections
    .filter(({ name }) => code?.includes(name))
    .map(({ address, size }) => ({ start: address, end: address + size }));
  const flat = { bytes: image, base, ...(code && { code: ranges }) };
  const found = await reachedCode(flat, [base], disassemble);
  const vectors = [...found.instructions.values()].filter(isVector).map((one) => one.mnemonic);
  return { ...found, vectors, count: found.instructions.size, calls };
}

describe('the code of a flat image', () => {
  it('is what calls and jumps reach', async () => {
    const { vectors, count } = await look(`
      call one
      jmp over
      one: cmpl $1, %eax
      je two
      ret
      two: addsd %xmm1, %xmm0
      ret
      over: emms
      hlt
      nop`);
    expect([...vectors].sort()).toEqual(['addsd', 'emms']);
    expect(count).toBe(9);
  });

  it('is not the data between it, and begins again behind data that looks like half an instruction', async () => {
    const { vectors } = await look(`
      call behind
      hlt
      .byte 0x0f, 0x28, 0xc1, 0x81
      behind: addps %xmm0, %xmm1
      ret
      .byte 0`);
    expect(vectors).toEqual(['addps']);
  });

  it('goes through tables of jumps, and not into them', async () => {
    const { vectors } = await look(`
      jmp *table(, %eax, 4)
      first: call stop
      table: .long first, second, 0x0002280f
      second: paddb %mm0, %mm1
      stop: hlt
      .space 0x3000`);
    expect(vectors).toEqual(['paddb']);
  });

  it('is also in functions that nobody calls by name', async () => {
    const { vectors } = await look(`
      jmp *table
      table: .long 0
      .byte 0x0f
      pushl %ebp
      movl %esp, %ebp
      movq %mm0, (%eax)
      ret
      nop`);
    expect(vectors).toEqual(['movq']);
  });

  it('is followed through a table that a register is loaded from', async () => {
    const { vectors, tables, indirect } = await look(`
      cmpl $1, %edx
      ja stop
      movl table(, %edx, 4), %ecx
      jmp *%ecx
      table: .long one, two
      .long 0x20200
      one: addps %xmm0, %xmm1
      two: mulps %xmm0, %xmm1
      stop: hlt
      nop`);
    expect([...vectors].sort()).toEqual(['addps', 'mulps']);
    expect([tables, indirect]).toEqual([1, 0]);
  });

  it('says what it could not follow: through registers, into no code, into no instruction', async () => {
    const { vectors, indirect, outside, unread } = await look(
      `
      call *%eax
      call elsewhere
      call junk
      hlt
      junk: .byte 0xff, 0xff
      .section __TEXT,__const
      elsewhere: addps %xmm0, %xmm1
      ret`,
      ['__text'],
    );
    expect(vectors).toEqual([]);
    expect(indirect).toBe(1);
    expect(outside).toHaveLength(1);
    expect(unread).toEqual([base + 2 + 5 + 5 + 1]);
  });

  it.each([
    ['of a linker', ['__text']],
    ['of nobody', undefined],
  ])('takes few looks where tables stand beside pointers to strings, by the word %s', async (_who, code) => {
    const { vectors, tables, calls } = await look(tablesAndStrings(), code);
    expect(vectors).toEqual([]);
    expect(tables).toBe(30);
    expect(calls).toBeLessThan(mostCalls);
    const planted = tablesAndStrings().replace('case29_3:', 'case29_3: movaps %xmm1, %xmm0');
    expect((await look(planted, code)).vectors).toEqual(['movaps']);
  });

  it('is all of it, and nothing else, whatever lies between', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 9 });
    const chunk = fc.record({ vector: fc.boolean(), frame: fc.boolean(), junk: bytes, cases: fc.nat(4) });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { minLength: 1, maxLength: 6 }), async (chunks) => {
        const { source, planted } = program(chunks);
        const { vectors, unread, calls } = await look(source);
        expect(vectors).toHaveLength(planted);
        expect(unread).toEqual([]);
        expect(calls).toBeLessThanOrEqual(mostCalls);
      }),
      { numRuns: 25 },
    );
  });
});

interface Chunk {
  readonly vector: boolean;
  /** Found by its frame alone; else by a call. */
  readonly frame: boolean;
  readonly junk: Uint8Array;
  /** Of a switch in it, the last of which has the instruction of SSE. */
  readonly cases: number;
}

/** Functions with data between them, which may look like the beginning of any instruction. */
function program(chunks: readonly Chunk[]): { readonly source: string; readonly planted: number } {
  const lines = chunks.flatMap(({ frame }, index) => (frame ? [] : [`call function${index}`]));
  lines.push('hlt');
  chunks.forEach(({ vector, frame, junk, cases }, index) => {
    lines.push(`.byte ${[...junk].join(', ')}`, `function${index}:`);
    if (frame) lines.push('pushl %ebp', 'movl %esp, %ebp');
    const body = vector ? 'addps %xmm0, %xmm1' : 'addl %eax, %ecx';
    if (cases === 0) lines.push(body, 'ret');
    else {
      const names = Array.from({ length: cases }, (_, number) => `case${index}_${number}`);
      lines.push(`cmpl $${cases - 1}, %eax`, `ja out${index}`, `jmp *table${index}(, %eax, 4)`);
      names.forEach((name, number) =>
        lines.push(`${name}: ${number === cases - 1 ? body : 'nop'}`, `jmp out${index}`),
      );
      lines.push(`out${index}: ret`, `table${index}: .long ${names.join(', ')}`);
    }
  });
  lines.push('.byte 0');
  return { source: lines.join('\n'), planted: chunks.filter(({ vector }) => vector).length };
}

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  functionsOf,
  isVector,
  reachedCode,
  readDisassembly,
} from '../../../scripts/chameleon/reached-code.ts';
import { wrapCode } from '../../../src/formats/macho/index.ts';
import { link } from '../../../src/link/index.ts';
import { assemble, input } from '../../link/samples.ts';
import { freshFolder } from '../../rig/folder.ts';

const base = 0x20200;

/** The vector instructions that are reached in a flat image of a text, and how many are reached of all. */
async function look(source: string): Promise<{ vectors: string[]; count: number }> {
  const { image } = await link([input('a.o', assemble(source))], { base, order: ['__TEXT,*'] });
  const object = join(freshFolder(), 'image.o');
  writeFileSync(object, wrapCode(image, base));
  const disassemble = (from: number) => {
    const args = ['-d', '--no-show-raw-insn', `--start-address=${from}`, object];
    return Promise.resolve(readDisassembly(execFileSync('llvm-objdump', args, { encoding: 'utf8' })));
  };
  const flat = { bytes: image, base };
  const code = await reachedCode(flat, [base, ...functionsOf(flat)], disassemble);
  return { vectors: [...code.values()].filter(isVector).map((one) => one.mnemonic), count: code.size };
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
    expect(vectors.sort()).toEqual(['addsd', 'emms']);
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
});

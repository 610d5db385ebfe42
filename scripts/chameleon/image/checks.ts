import { writeFileSync } from 'node:fs';
import { Failure } from '#base';
import { wrapCode } from '#formats/macho';
import { findMultibootHeader, type MultibootHeader } from '#formats/multiboot';
import type { Step } from 'cidermill/step';
import { isVector, readDisassembly, type Disassemble } from './disassembly.ts';
import type { FlatImage, Range } from './flat-image.ts';
import { reachedCode } from './reached-code.ts';

/** What a loader must be, however it was made. */
export interface Expectation {
  /** Where it is linked, and where the multiboot header has it loaded. */
  readonly base: number;
  readonly loadAddress: number;
  /** In bytes: what boot sectors can load. */
  readonly limit: number;
  /** Where code lies, as its linker has it; undefined of a loader that was made elsewhere. */
  readonly code?: readonly Range[] | undefined;
}

export interface Checked {
  readonly header: MultibootHeader;
  readonly code: Covered;
}

/** What the search for SSE has looked at, and what it could not follow. */
export interface Covered {
  readonly instructions: number;
  readonly functions: number;
  readonly jumpTables: number;
  readonly notFollowed: {
    /** Calls and jumps through registers, memory and far pointers. */
    readonly indirect: number;
    /** Places that are jumped to and hold no instruction. */
    readonly unread: readonly string[];
    /** Places that are jumped to and lie in no section for code. */
    readonly outsideCode: readonly string[];
  };
}

/**
 * Checks that QEMU can load it, that boot sectors can, and that it runs on a processor as the firmware leaves it.
 * @throws FormatError from the header; Failure 'bad-loader'
 */
export async function checkLoader(here: Step, image: Uint8Array, expected: Expectation): Promise<Checked> {
  const header = findMultibootHeader(image);
  const { base, loadAddress, limit } = expected;
  if (header.loadAddress !== loadAddress) {
    throw bad(`it wants to be loaded at ${hex(header.loadAddress)}, not at ${hex(loadAddress)}`);
  }
  if (image.length > limit) throw bad(`it has ${image.length} bytes, more than ${limit}`);

  const entry = header.entry - loadAddress + base;
  const flat: FlatImage = { bytes: image, base, ...(expected.code && { code: expected.code }) };
  const found = await reachedCode(flat, [entry], disassembler(here, flat), (reached) =>
    here.progress(reached, undefined, 'instructions', 'no SSE so far'),
  );
  const vectors = [...found.instructions.values()].filter(isVector).sort((a, b) => a.address - b.address);
  const [first] = vectors;
  if (first !== undefined) {
    const what = `${first.mnemonic} ${first.operands} at ${hex(first.address)}`;
    throw bad(`it uses SSE or MMX, which nothing has switched on: ${what}, and ${vectors.length - 1} more`);
  }
  return {
    header,
    code: {
      instructions: found.instructions.size,
      functions: found.functions,
      jumpTables: found.tables,
      notFollowed: {
        indirect: found.indirect,
        unread: found.unread.map(hex),
        outsideCode: found.outside.map(hex),
      },
    },
  };
}

/** What was looked at for SSE, in a line. */
export function coverage({ instructions, functions, notFollowed }: Covered): string {
  const { indirect, unread, outsideCode } = notFollowed;
  const elsewhere = unread.length + outsideCode.length;
  return [
    `no SSE in ${instructions} instructions of ${functions} functions`,
    `not followed: ${indirect} calls and jumps whose target only a running machine knows`,
    ...(elsewhere === 0 ? [] : [`${elsewhere} jumps to bytes that are not code`]),
  ].join('; ');
}

function disassembler({ $ }: Step, { bytes, base }: FlatImage): Disassemble {
  return async (starts) => {
    writeFileSync('image.o', wrapCode(bytes, base, starts));
    const { stdout } = await $`llvm-objdump -d --no-show-raw-insn image.o`.quiet();
    return readDisassembly(stdout);
  };
}

function bad(message: string): Failure {
  return new Failure('bad-loader', `the loader cannot be used: ${message}`);
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

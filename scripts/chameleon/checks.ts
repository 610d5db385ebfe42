import { writeFileSync } from 'node:fs';
import { Failure } from '#base';
import { wrapCode } from '#formats/macho';
import { findMultibootHeader, type MultibootHeader } from '#formats/multiboot';
import type { Step } from '#step';
import {
  functionsOf,
  isVector,
  reachedCode,
  readDisassembly,
  type Disassemble,
  type FlatImage,
} from './reached-code.ts';

/** What a loader must be, however it was made. */
export interface Expectation {
  /** Where it is linked, and where the multiboot header has it loaded. */
  readonly base: number;
  readonly loadAddress: number;
  /** In bytes: what boot sectors can load. */
  readonly limit: number;
}

export interface Checked {
  readonly header: MultibootHeader;
  /** How many instructions control flow reaches. */
  readonly instructions: number;
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
  const flat: FlatImage = { bytes: image, base };
  const code = await reachedCode(flat, [entry, ...functionsOf(flat)], disassembler(here, flat));
  const vectors = [...code.values()].filter(isVector).sort((a, b) => a.address - b.address);
  const [first] = vectors;
  if (first !== undefined) {
    const what = `${first.mnemonic} ${first.operands} at ${hex(first.address)}`;
    throw bad(`it uses SSE or MMX, which nothing has switched on: ${what}, and ${vectors.length - 1} more`);
  }
  return { header, instructions: code.size };
}

function disassembler({ $ }: Step, { bytes, base }: FlatImage): Disassemble {
  writeFileSync('image.o', wrapCode(bytes, base));
  const end = base + bytes.length;
  return async (from) => {
    // One sweep through all, then short ones from where that was out of step.
    const stop = from === base ? end : Math.min(from + 512, end);
    if (from < base || from >= stop) return [];
    const range = [`--start-address=${hex(from)}`, `--stop-address=${hex(stop)}`];
    const { stdout } = await $`llvm-objdump -d --no-show-raw-insn ${range} image.o`.quiet();
    return readDisassembly(stdout);
  };
}

function bad(message: string): Failure {
  return new Failure('bad-loader', `the loader cannot be used: ${message}`);
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

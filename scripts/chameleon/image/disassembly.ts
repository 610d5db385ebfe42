/** One instruction as llvm-objdump writes it. */
export interface Instruction {
  readonly address: number;
  /** Of the one that follows it in memory. */
  readonly next: number;
  readonly mnemonic: string;
  readonly operands: string;
}

/**
 * Disassembles a whole image. Decoding begins anew at each of the addresses given, whatever stands before them.
 * @returns the instructions by their addresses
 */
export type Disassemble = (starts: readonly number[]) => Promise<ReadonlyMap<number, Instruction>>;

/** Reads what `llvm-objdump -d --no-show-raw-insn` prints; what it cannot decode is left out. */
export function readDisassembly(text: string): Map<number, Instruction> {
  const lines = [...text.matchAll(/^ *([0-9a-f]+):\s+(\S+)[ \t]*(.*?)(?:\s*##.*)?$/gm)].map(
    ([, address = '', mnemonic = '', operands = '']) => ({
      address: parseInt(address, 16),
      mnemonic,
      operands,
    }),
  );
  const read = new Map<number, Instruction>();
  lines.forEach((line, index) => {
    const next = lines[index + 1]?.address;
    if (next !== undefined && line.mnemonic !== '<unknown>') read.set(line.address, { ...line, next });
  });
  return read;
}

/** The address that a jump, call or loop names; undefined for others, and where it is in a register or in memory. */
export function directTarget({ mnemonic, operands }: Instruction): number | undefined {
  const target = /^(?:j|call|loop)/.test(mnemonic) ? /^0x([0-9a-f]+)\b/.exec(operands)?.[1] : undefined;
  return target === undefined ? undefined : parseInt(target, 16);
}

/** Does nothing follow it? */
export function isLast({ mnemonic }: Instruction): boolean {
  return /^l?(jmp|ret)|^(iret|hlt|ud2)/.test(mnemonic);
}

/** Is where it goes known only when it runs: a register, memory, or a far pointer? */
export function isIndirect({ mnemonic, operands }: Instruction): boolean {
  return /^l(jmp|call)/.test(mnemonic) || (/^(jmp|call)/.test(mnemonic) && operands.startsWith('*'));
}

/** Does it use registers that nothing has made usable: MMX's, SSE's or AVX's? */
export function isVector({ mnemonic, operands }: Instruction): boolean {
  return /%[xyz]?mm\d/.test(operands) || /^(ldmxcsr|stmxcsr|emms)/.test(mnemonic);
}

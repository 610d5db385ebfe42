/** One instruction as llvm-objdump writes it. */
export interface Instruction {
  readonly address: number;
  /** Of the one that follows it in memory. */
  readonly next: number;
  readonly mnemonic: string;
  readonly operands: string;
}

/** Disassembles from an address on; the list ends where it likes. */
export type Disassemble = (from: number) => Promise<readonly Instruction[]>;

/** Reads what `llvm-objdump -d --no-show-raw-insn` prints; instructions that it does not know end the list. */
export function readDisassembly(text: string): Instruction[] {
  const lines = [...text.matchAll(/^ *([0-9a-f]+):\s+(\S+)[ \t]*(.*)$/gm)].map(
    ([, address = '', mnemonic = '', operands = '']) => ({
      address: parseInt(address, 16),
      mnemonic,
      operands,
    }),
  );
  return lines.flatMap((line, index) => {
    const next = lines[index + 1]?.address;
    return next === undefined || line.mnemonic === '<unknown>' ? [] : [{ ...line, next }];
  });
}

/**
 * Finds the code of a flat image: what control flow reaches from its entries, through direct jumps and calls. Data
 * between it is not taken for code, and far jumps are not followed: behind them code may be of 16 bits.
 * @param base address of the image's first byte
 */
export async function reachedCode(
  entries: readonly number[],
  base: number,
  disassemble: Disassemble,
): Promise<ReadonlyMap<number, Instruction>> {
  const known = new Map((await disassemble(base)).map((one) => [one.address, one]));
  const reached = new Map<number, Instruction>();
  const pending = [...entries];
  const asked = new Set<number>();
  for (let address = pending.pop(); address !== undefined; address = pending.pop()) {
    if (reached.has(address)) continue;
    let instruction = known.get(address);
    if (instruction === undefined && !asked.has(address)) {
      // The sweep through everything is out of step here, behind data; a new one begins on an instruction.
      asked.add(address);
      for (const one of await disassemble(address)) {
        if (known.has(one.address) && one.address !== address) break;
        known.set(one.address, one);
      }
      instruction = known.get(address);
    }
    if (instruction === undefined) continue;
    reached.set(address, instruction);
    pending.push(...successors(instruction));
  }
  return reached;
}

function successors({ mnemonic, operands, next }: Instruction): number[] {
  const target = /^0x([0-9a-f]+)\b/.exec(operands)?.[1];
  const targets = target !== undefined && /^(j|call|loop)/.test(mnemonic) ? [parseInt(target, 16)] : [];
  const ends = /^l?(jmp|ret)|^(iret|hlt|ud2)/.test(mnemonic);
  return ends ? targets : [...targets, next];
}

/**
 * Where functions that keep a frame begin: `push %ebp; mov %esp, %ebp`. Other code is found because they call it.
 * @param base address of the image's first byte
 */
export function functionsOf(image: Uint8Array, base: number): number[] {
  const begin = Buffer.from([0x55, 0x89, 0xe5]);
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.length);
  const found: number[] = [];
  for (let at = bytes.indexOf(begin); at >= 0; at = bytes.indexOf(begin, at + 1)) found.push(base + at);
  return found;
}

/** Does it use registers that nothing has made usable: MMX's, SSE's or AVX's? */
export function isVector({ mnemonic, operands }: Instruction): boolean {
  return /%[xyz]?mm\d/.test(operands) || /^(ldmxcsr|stmxcsr|emms)/.test(mnemonic);
}

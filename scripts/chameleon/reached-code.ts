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
  const lines = [...text.matchAll(/^ *([0-9a-f]+):\s+(\S+)[ \t]*(.*?)(?:\s*##.*)?$/gm)].map(
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

/** A flat image, and what is known of it. */
export interface FlatImage {
  readonly bytes: Uint8Array;
  /** Address of the first byte. */
  readonly base: number;
}

/**
 * Finds the code of a flat image: what control flow reaches from its entries through direct jumps, calls and tables of
 * jumps. Data between it is not taken for code, and far jumps are not followed: behind them code may be of 16 bits.
 */
export async function reachedCode(
  image: FlatImage,
  entries: readonly number[],
  disassemble: Disassemble,
): Promise<ReadonlyMap<number, Instruction>> {
  const known = new Map((await disassemble(image.base)).map((one) => [one.address, one]));
  const tables = [...known.values()].flatMap((one) => jumpTable(image, one));
  const data = new Set(tables.map(({ at }) => at));
  const reached = new Map<number, Instruction>();
  const pending = [...entries, ...tables.map(({ target }) => target)];
  const asked = new Set<number>();
  for (let address = pending.pop(); address !== undefined; address = pending.pop()) {
    // Behind a call that does not return a table may lie.
    if (reached.has(address) || data.has(address)) continue;
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

/** Of a jump through a table of addresses its entries: where each lies, and where it leads. */
function jumpTable(
  { bytes, base }: FlatImage,
  { mnemonic, operands }: Instruction,
): { at: number; target: number }[] {
  const table = /^\*(\d+)\(,%e..,4\)$/.exec(operands)?.[1];
  if (!mnemonic.startsWith('jmp') || table === undefined) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: { at: number; target: number }[] = [];
  for (let at = Number(table); at >= base && at + 4 <= base + bytes.length; at += 4) {
    const target = view.getUint32(at - base, true);
    if (target < base || target >= base + bytes.length) break;
    entries.push({ at, target });
  }
  return entries;
}

/** Where functions that keep a frame begin: `push %ebp; mov %esp, %ebp`. Other code is found because they call it. */
export function functionsOf({ bytes, base }: FlatImage): number[] {
  const begin = Buffer.from([0x55, 0x89, 0xe5]);
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: number[] = [];
  for (let at = all.indexOf(begin); at >= 0; at = all.indexOf(begin, at + 1)) found.push(base + at);
  return found;
}

/** Does it use registers that nothing has made usable: MMX's, SSE's or AVX's? */
export function isVector({ mnemonic, operands }: Instruction): boolean {
  return /%[xyz]?mm\d/.test(operands) || /^(ldmxcsr|stmxcsr|emms)/.test(mnemonic);
}

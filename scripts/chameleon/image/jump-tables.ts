import { isLast, type Instruction } from './disassembly.ts';
import { mayBeCode, type FlatImage } from './flat-image.ts';

/** A table of addresses that a `switch` jumps through. */
export interface JumpTable {
  /** Of the table in memory. */
  readonly start: number;
  /** First address behind its entries. */
  readonly end: number;
  readonly targets: readonly number[];
}

/** Of the instructions before a jump, how many are looked at for the compare that bounds its table. */
const lookBack = 10;

/**
 * Reads the table that an instruction jumps through: `jmp *TABLE(,%eax,4)`, or `movl TABLE(,%eax,4), %ecx` with
 * `jmp *%ecx` soon behind it. It ends by the compare before the jump, or else where another table begins or an entry
 * leads to what is no code of the same function.
 * @param before the instructions before the jump, nearest first
 * @param others where other tables begin
 * @param functions where functions begin, ascending
 * @returns undefined for every other instruction
 */
export function readJumpTable(
  image: FlatImage,
  jump: Instruction,
  before: readonly Instruction[],
  others: ReadonlySet<number>,
  functions: readonly number[],
): JumpTable | undefined {
  const place = tableOf(jump, before);
  if (place === undefined) return undefined;
  const { start, index } = place;
  const { bytes, base } = image;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = boundOf(index, before);
  const own = functionAround(jump.address, functions);
  const targets: number[] = [];
  let at = start;
  for (; at >= base && at + 4 <= base + bytes.length; at += 4) {
    if (count === undefined ? at !== start && others.has(at) : at >= start + 4 * count) break;
    const target = view.getUint32(at - base, true);
    const leads =
      mayBeCode(image, target) && (count !== undefined || (target >= own.start && target < own.end));
    if (leads) targets.push(target);
    // With a known length an entry that is never used may be anything.
    else if (count === undefined) break;
  }
  return { start, end: at, targets };
}

/** Where the table of a jump begins, and the register that counts its entries. */
export function tableOf(
  jump: Instruction,
  before: readonly Instruction[],
): { readonly start: number; readonly index: string } | undefined {
  if (!jump.mnemonic.startsWith('jmp')) return undefined;
  const direct = /^\*(\d+)\(,%(e..),4\)$/.exec(jump.operands);
  if (direct !== null) return { start: Number(direct[1]), index: direct[2] ?? '' };
  const register = /^\*%(e..)$/.exec(jump.operands)?.[1];
  if (register === undefined) return undefined;
  for (const each of before.slice(0, 4)) {
    const loaded = /^(\d+)\(,%(e..),4\), %(e..)$/.exec(each.operands);
    if (each.mnemonic.startsWith('mov') && loaded?.[3] === register)
      return { start: Number(loaded[1]), index: loaded[2] ?? '' };
  }
  return undefined;
}

/** How many entries the compare before a jump lets through: `cmpl $N, %eax; ja` lets N + 1 through. */
function boundOf(index: string, before: readonly Instruction[]): number | undefined {
  const narrow = new Set([index, index.slice(1), `${index.slice(1, 2)}l`]);
  for (const [position, each] of before.slice(0, lookBack).entries()) {
    if (isLast(each)) return undefined;
    const extra = { ja: 1, jae: 0 }[each.mnemonic];
    const compare = extra === undefined ? undefined : before[position + 1];
    if (extra === undefined || compare === undefined) continue;
    const [, limit, register] = /^\$(\d+), %(\w+)$/.exec(compare.operands) ?? [];
    if (compare.mnemonic.startsWith('cmp') && narrow.has(register ?? '')) return Number(limit) + extra;
  }
  return undefined;
}

function functionAround(
  address: number,
  functions: readonly number[],
): { readonly start: number; readonly end: number } {
  let start = 0;
  for (const each of functions) {
    if (each > address) return { start, end: each };
    start = each;
  }
  return { start, end: Infinity };
}

import { directTarget, isIndirect, isLast, type Disassemble, type Instruction } from './disassembly.ts';
import { codeRanges, functionsOf, mayBeCode, type FlatImage } from './flat-image.ts';
import { readJumpTable, tableOf, type JumpTable } from './jump-tables.ts';

/** The code that control flow reaches, and what of it could not be followed. */
export interface ReachedCode {
  readonly instructions: ReadonlyMap<number, Instruction>;
  /** How many functions are among it: what is called, or keeps a frame. */
  readonly functions: number;
  readonly tables: number;
  /** Calls and jumps whose target only a running machine knows: through a register, memory, a far pointer. */
  readonly indirect: number;
  /** Addresses that are jumped to and hold no instruction, or were left when `mostCalls` was reached. */
  readonly unread: readonly number[];
  /** Addresses that are jumped to and lie in no section for code. */
  readonly outside: readonly number[];
}

/** How often the disassembler is started at most. */
export const mostCalls = 10;

/** Of what leads up to a jump. */
const mostLines = 16;

/** The longest instruction: two places to begin at that are nearer may cut each other's. */
const longest = 15;

/**
 * Finds the code of a flat image: what control flow reaches from its entries and from every function that keeps a
 * frame, through direct jumps, calls and tables of jumps. Data between it is not taken for code, and far jumps are not
 * followed: behind them code may be of 16 bits.
 * @param onRound how many instructions have been reached after each start of the disassembler
 */
export async function reachedCode(
  image: FlatImage,
  entries: readonly number[],
  disassemble: Disassemble,
  onRound: (reached: number) => void = () => undefined,
): Promise<ReachedCode> {
  const known = new Map(await disassemble(codeRanges(image).map(({ start }) => start)));
  const walk = newWalk(image, entries, known);
  const asked = new Set<number>();
  for (let calls = 1; ; calls++) {
    walk.follow();
    onRound(walk.reached.size);
    const wanted = spread([...walk.missing].filter((address) => !asked.has(address)));
    if (wanted.length === 0 || calls === mostCalls) break;
    // The sweep through everything is out of step there, behind data; a new one begins on an instruction.
    const fresh = await disassemble(wanted);
    for (const start of wanted) {
      asked.add(start);
      for (
        let one = fresh.get(start);
        one !== undefined && !known.has(one.address);
        one = fresh.get(one.next)
      )
        known.set(one.address, one);
    }
    walk.resume();
  }
  const { reached, functions, tables, indirect, missing, outside } = walk;
  return {
    instructions: reached,
    functions: [...functions].filter((address) => reached.has(address)).length,
    tables: tables.length,
    indirect: indirect.size,
    unread: ascending(missing),
    outside: ascending(outside),
  };
}

function newWalk(image: FlatImage, entries: readonly number[], known: ReadonlyMap<number, Instruction>) {
  const frames = functionsOf(image);
  const functions = new Set([...entries, ...frames]);
  const reached = new Map<number, Instruction>();
  const missing = new Set<number>();
  const outside = new Set<number>();
  const indirect = new Set<number>();
  const tables: JumpTable[] = [];
  const linesBefore = (address: number): Instruction[] => before(address, known);
  const { starts, data } = tablesIn(image, known, frames);
  let pending = [...functions];

  const successors = (one: Instruction): readonly number[] => {
    const after = isLast(one) ? [] : [one.next];
    const target = directTarget(one);
    if (target !== undefined) {
      if (one.mnemonic.startsWith('call')) functions.add(target);
      return [...after, target];
    }
    if (!isIndirect(one)) return after;
    const table = readJumpTable(image, one, linesBefore(one.address), starts, frames);
    if (table !== undefined && table.targets.length > 0) {
      tables.push(table);
      return table.targets;
    }
    indirect.add(one.address);
    return after;
  };

  return {
    reached,
    functions,
    missing,
    outside,
    indirect,
    tables,
    /** Goes as far as what is known leads. */
    follow(): void {
      for (let address = pending.pop(); address !== undefined; address = pending.pop()) {
        // Behind a call that does not return a table may lie.
        if (reached.has(address) || data.has(address)) continue;
        const one = known.get(address);
        if (!mayBeCode(image, address)) outside.add(address);
        else if (one === undefined) missing.add(address);
        else {
          reached.set(address, one);
          pending.push(...successors(one));
        }
      }
    },
    /** Tries again what was missing. */
    resume(): void {
      pending = [...missing];
      missing.clear();
    },
  };
}

/** Where all tables begin that a first sweep shows, and the addresses of their entries. */
function tablesIn(
  image: FlatImage,
  known: ReadonlyMap<number, Instruction>,
  frames: readonly number[],
): { readonly starts: ReadonlySet<number>; readonly data: ReadonlySet<number> } {
  const jumps = [...known.values()].filter(
    ({ mnemonic, address }) => mnemonic.startsWith('jmp') && mayBeCode(image, address),
  );
  const lines = (address: number): Instruction[] => before(address, known);
  const starts = new Set(jumps.flatMap((jump) => tableOf(jump, lines(jump.address))?.start ?? []));
  const data = new Set<number>();
  for (const jump of jumps) {
    const table = readJumpTable(image, jump, lines(jump.address), starts, frames);
    for (let at = table?.start ?? 0; at < (table?.end ?? 0); at += 4) data.add(at);
  }
  return { starts, data };
}

/** The instructions that end where the next begins, up to an address, nearest first. */
function before(address: number, known: ReadonlyMap<number, Instruction>): Instruction[] {
  const lines: Instruction[] = [];
  for (let end = address; lines.length < mostLines;) {
    let found: Instruction | undefined;
    for (let back = 1; back <= longest && found === undefined; back++) {
      const one = known.get(end - back);
      if (one?.next === end) found = one;
    }
    if (found === undefined) break;
    lines.push(found);
    end = found.address;
  }
  return lines;
}

/** Those of the addresses that are far enough from one another. */
function spread(addresses: readonly number[]): number[] {
  const chosen: number[] = [];
  for (const address of ascending(addresses)) {
    if (address - (chosen.at(-1) ?? -Infinity) >= longest) chosen.push(address);
  }
  return chosen;
}

function ascending(numbers: Iterable<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}

import { Failure } from '../base/index.ts';

/** How an image is put together: data that a recipe or a script gives. */
export interface Layout {
  /** Address of the image's first byte; aligned as the first section wants it. */
  readonly base: number;
  /**
   * Sections in the order of their addresses, as `SEGMENT,section`; `*` stands for every section, or every segment,
   * that no other line names more exactly. Sections of one line follow as they come up in the inputs. Whatever is
   * zero-filled comes behind everything else, in the same order.
   */
  readonly order: readonly string[];
  /** Sections that are left out, written alike. */
  readonly drop?: readonly string[];
  /** Symbols to define, as the assembler writes them, with their values. */
  readonly define?: Readonly<Record<string, number>>;
}

/** What a layout says of a section: its line, `'drop'`, or nothing. */
export type Placing = (segment: string, section: string) => number | 'drop' | undefined;

/** The section that commons are put into. */
export const commonSection = { segment: '__DATA', name: '__common' } as const;

/** @throws Failure 'bad-layout' */
export function readLayout(layout: Layout): Placing {
  if (!isAddress(layout.base)) throw badLayout(`its base ${layout.base} is not an address of 32 bits`);
  for (const [name, value] of Object.entries(layout.define ?? {})) {
    if (!isAddress(value))
      throw badLayout(`the symbol ${name} is to be ${value}, which is no address of 32 bits`);
  }
  const lines = new Map<string, number | 'drop'>();
  const add = (pattern: string, line: number | 'drop'): void => {
    if (!/^(\*|[^,*]{1,16}),(\*|[^,*]{1,16})$/.test(pattern)) {
      throw badLayout(`"${pattern}" is not of the form SEGMENT,section`);
    }
    if (lines.has(pattern)) throw badLayout(`"${pattern}" is there twice`);
    lines.set(pattern, line);
  };
  layout.order.forEach(add);
  layout.drop?.forEach((pattern) => add(pattern, 'drop'));
  return (segment, section) => {
    for (const pattern of [`${segment},${section}`, `${segment},*`, `*,${section}`, '*,*']) {
      const line = lines.get(pattern);
      if (line !== undefined) return line;
    }
    return undefined;
  };
}

export function badLayout(message: string): Failure {
  return new Failure('bad-layout', `the layout cannot be used: ${message}`);
}

function isAddress(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

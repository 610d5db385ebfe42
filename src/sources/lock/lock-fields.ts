import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { capital, type Diagnostic, type Span } from '../../base/index.ts';

/** Collects the faults of one file. */
export interface LockFaults {
  readonly file: string;
  readonly diagnostics: Diagnostic[];
}

export type Value = Node | null | undefined;

export function fault(faults: LockFaults, code: string, at: Value | Span, message: string): void {
  const hint = 'The lockfile is written by `cidermill lock`; delete the entry and lock it again.';
  faults.diagnostics.push({ code, message, file: faults.file, span: spanOf(at), hint });
}

export function spanOf(at: Value | Span): Span {
  if (at == null) return { start: 0, end: 1 };
  if ('start' in at) return at;
  const range = at.range;
  return range == null ? { start: 0, end: 1 } : { start: range[0], end: Math.max(range[0] + 1, range[1]) };
}

/** A mapping's fields by name, checked against those that may be there. */
export class Fields {
  readonly node: Value;
  readonly #faults: LockFaults;
  readonly #values = new Map<string, Value>();
  readonly #what: string;

  constructor(node: Value, what: string, allowed: readonly string[] | 'any', faults: LockFaults) {
    this.node = node;
    this.#what = what;
    this.#faults = faults;
    if (!isMap(node)) {
      fault(faults, 'wrong-type', node, `${capital(what)} must be a mapping.`);
      return;
    }
    for (const { key, value } of (node as YAMLMap<Node, Node | null>).items) {
      const name = isScalar(key) ? String(key.value) : '';
      if (allowed !== 'any' && !allowed.includes(name)) {
        fault(faults, 'unknown-key', key, `${capital(what)} has no "${name}".`);
      } else this.#values.set(name, value ?? key);
    }
  }

  get names(): readonly string[] {
    return [...this.#values.keys()];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  value(name: string): Value {
    return this.#values.get(name);
  }

  text(name: string, form?: RegExp): string | undefined {
    const node = this.#required(name);
    if (node === undefined) return undefined;
    // A version such as 1.10 reads as a number; its text is what was meant.
    const value = isScalar(node) ? (typeof node.value === 'string' ? node.value : node.source) : undefined;
    if (value !== undefined && value !== '' && form?.test(value) !== false) return value;
    fault(this.#faults, 'wrong-type', node, `"${name}" of ${this.#what} is not of the form it must have.`);
    return undefined;
  }

  integer(name: string): number | undefined {
    const node = this.#required(name);
    if (node === undefined) return undefined;
    if (isScalar(node) && Number.isSafeInteger(node.value) && (node.value as number) >= 0)
      return node.value as number;
    fault(
      this.#faults,
      'wrong-type',
      node,
      `"${name}" of ${this.#what} must be a whole number, not negative.`,
    );
    return undefined;
  }

  list(name: string): readonly Value[] {
    const node = this.#required(name);
    if (node === undefined) return [];
    if (isSeq(node)) return node.items as Node[];
    fault(this.#faults, 'wrong-type', node, `"${name}" of ${this.#what} must be a list.`);
    return [];
  }

  #required(name: string): Node | undefined {
    const node = this.#values.get(name);
    if (node == null && isMap(this.node)) {
      fault(this.#faults, 'missing-key', this.node, `${capital(this.#what)} lacks "${name}".`);
    }
    return node ?? undefined;
  }
}

/** A dotted version as its numbers: 10.7.5, 7.2.22, 6.1.0. Parts that are not there count as 0. */
export type Version = readonly number[];

/** The version that a text begins with ("6.1.0-18-amd64" is 6.1.0); undefined when it begins with none. */
export function parseVersion(text: string): Version | undefined {
  const found = /^\d{1,6}(\.\d{1,6}){0,5}/.exec(text)?.[0];
  return found?.split('.').map(Number);
}

/** Negative, zero or positive, as a sort wants it. */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Bounds that all hold, as in ">= 8.1, < 9.0"; `text` is how they were written. */
export interface Range {
  readonly text: string;
  readonly bounds: readonly { readonly operator: Operator; readonly version: Version }[];
}

type Operator = '<' | '<=' | '>' | '>=' | '=';

/** @returns undefined when the text is not bounds of versions, joined by commas */
export function parseRange(text: string): Range | undefined {
  const bounds = text.split(',').map((part) => {
    const [, operator, version] = /^\s*(<=|>=|<|>|=)\s*(\d{1,6}(?:\.\d{1,6}){0,5})\s*$/.exec(part) ?? [];
    const parsed = parseVersion(version ?? '');
    return parsed && { operator: operator as Operator, version: parsed };
  });
  const whole = bounds.filter((bound) => bound !== undefined);
  return whole.length === bounds.length ? { text, bounds: whole } : undefined;
}

export function inRange(version: Version, range: Range): boolean {
  return range.bounds.every(({ operator, version: bound }) => {
    const order = compareVersions(version, bound);
    switch (operator) {
      case '<':
        return order < 0;
      case '<=':
        return order <= 0;
      case '>':
        return order > 0;
      case '>=':
        return order >= 0;
      case '=':
        return order === 0;
    }
  });
}

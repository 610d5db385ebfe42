import type { Place } from '../base/index.ts';

/** A value of a YAML file with its place; what shapes read. */
export type YamlNode = ScalarNode | ListNode | MapNode | BrokenNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** Offset in the file of the value's first character, where the file holds the value letter for letter. */
  readonly textStart?: number;
}

interface ListNode {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly YamlNode[];
}

interface MapNode {
  readonly kind: 'map';
  readonly place: Place;
  /** In the file's order; no key twice. */
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  readonly name: string;
  readonly key: Place;
  readonly value: YamlNode;
}

/** Something already reported, about which nothing more is to be said. */
interface BrokenNode {
  readonly kind: 'broken';
  readonly place: Place;
}

/** What a user would call this value. */
export function describeNode(node: YamlNode): string {
  switch (node.kind) {
    case 'map':
      return 'a mapping';
    case 'list':
      return 'a list';
    case 'broken':
      return 'a faulty value';
    case 'scalar':
      if (node.value === null) return 'nothing';
      if (typeof node.value === 'string') return 'text';
      return typeof node.value === 'number'
        ? `the number ${node.value}`
        : `the boolean ${String(node.value)}`;
  }
}

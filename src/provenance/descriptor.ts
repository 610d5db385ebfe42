import type { Json, Material } from '../base/index.ts';

/** What a statement refers to (in-toto's ResourceDescriptor v1, as far as this project fills it). */
export interface Descriptor {
  readonly name?: string;
  readonly uri?: string;
  /** Hexadecimal, by algorithm. */
  readonly digest?: Readonly<Record<string, string>>;
  /** Base64. */
  readonly content?: string;
  /** What the specification has no field for. */
  readonly annotations?: { readonly [name: string]: Json };
}

/** A material as a statement names it: a size is an annotation, since ResourceDescriptor has no field for one. */
export function descriptorOf({ uri, name, digest, size }: Material): Descriptor {
  return {
    uri,
    ...(name === undefined ? {} : { name }),
    ...(Object.keys(digest).length === 0 ? {} : { digest }),
    ...(size === undefined ? {} : { annotations: { size } }),
  };
}

/** Each once, in an order that no machine or locale changes. */
export function distinct(descriptors: readonly Descriptor[]): Descriptor[] {
  const byText = new Map(
    descriptors.map((each) => [JSON.stringify([each.uri, each.name, each.digest]), each]),
  );
  return [...byText].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, each]) => each);
}

import { FormatError, type ByteSource } from '../base/index.ts';
import { anatomyOf, type Part } from '../formats/parts/index.ts';
import { slice } from '../formats/source/index.ts';
import { firstDifference } from './first-difference.ts';
import { packingOf, unpacked } from './unpacked.ts';

/** Where two files differ, as deep as they are nested, with the bytes around the place on both sides. */
export interface Difference {
  /** From the file inwards: `gzip: compressed data`, `tar: member usr/bin/x`, `ELF: section .rodata`. */
  readonly trail: readonly string[];
  /** What bytes do not say: one side lacks a part, the order is another, the fields of a header. */
  readonly remarks: readonly string[];
  /** Other parts at the end of the trail that differ too. */
  readonly others: readonly string[];
  readonly stored: Excerpt;
  readonly rebuilt: Excerpt;
}

/** Bytes of the innermost part. */
export interface Excerpt {
  /** Of the innermost part, in bytes. */
  readonly size: number;
  /** Of the first byte that differs, in the innermost part. */
  readonly at: number;
  /** Of the first byte shown: at or before `at`, a multiple of 16. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const deepest = 6;
const mostOthers = 12;
const [before, shown] = [16, 64];

/** @returns undefined when the two are the same bytes */
export async function locateDifference(
  stored: ByteSource,
  rebuilt: ByteSource,
): Promise<Difference | undefined> {
  const at = await firstDifference(stored, rebuilt);
  return at === undefined ? undefined : descend(stored, rebuilt, at, []);
}

async function descend(
  stored: ByteSource,
  rebuilt: ByteSource,
  at: number,
  trail: readonly string[],
): Promise<Difference> {
  if (trail.length < deepest) {
    const inner =
      (await insideParts(stored, rebuilt, trail)) ?? (await insidePacking(stored, rebuilt, trail));
    if (inner !== undefined) return inner;
  }
  const [one, other] = [await excerpt(stored, at), await excerpt(rebuilt, at)];
  return { trail, remarks: [], others: [], stored: one, rebuilt: other };
}

/** The first of the parts that differ, inside; undefined where the files have none or the bytes between them differ. */
async function insideParts(
  stored: ByteSource,
  rebuilt: ByteSource,
  trail: readonly string[],
): Promise<Difference | undefined> {
  const [one, other] = [await anatomy(stored), await anatomy(rebuilt)];
  if (one === undefined || one.format !== other?.format) return undefined;
  const step = (part: Part): string => `${one.format}: ${part.name}`;
  const pairs = pairUp(one.parts, other.parts);
  const unpaired = [
    ...pairs.onlyStored.map((part) => `${step(part)} is only in the stored one`),
    ...pairs.onlyRebuilt.map((part) => `${step(part)} is only in the rebuilt one`),
    ...(pairs.reordered ? [`${one.format}: the parts are in another order`] : []),
  ];
  const differing: Differing[] = [];
  for (const [a, b] of pairs.both) {
    const sides: [ByteSource, ByteSource] = [
      slice(stored, a.offset, a.size),
      slice(rebuilt, b.offset, b.size),
    ];
    const at = await firstDifference(...sides);
    if (at === undefined) continue;
    const reported = a.fields === undefined || fieldRemarks(a, b).length > 0;
    differing.push({ part: a, sides, at, rank: reported ? (a.rank ?? 0) : 2 });
  }
  const [first] = differing.toSorted((a, b) => a.rank - b.rank);
  if (first === undefined && unpaired.length === 0) return undefined;
  if (first === undefined || (unpaired.length > 0 && first.rank === 2)) {
    const at = (await firstDifference(stored, rebuilt)) ?? 0;
    const [left, right] = [await excerpt(stored, at), await excerpt(rebuilt, at)];
    return { trail, remarks: bounded(unpaired), others: [], stored: left, rebuilt: right };
  }
  const { part, sides, at } = first;
  const inner = await insideOne(part, sides, at, [...trail, step(part)]);
  const partner = pairs.both.find(([a]) => a === part)?.[1];
  const remarks = [...fieldRemarks(part, partner), ...unpaired, ...inner.remarks];
  const others = differing.flatMap((each) => (each === first ? [] : [step(each.part)]));
  // What follows from the innermost difference says less than what stands beside it.
  return { ...inner, remarks: bounded(remarks), others: bounded([...inner.others, ...others]) };
}

interface Differing {
  readonly part: Part;
  readonly sides: [ByteSource, ByteSource];
  readonly at: number;
  readonly rank: number;
}

async function insideOne(
  part: Part,
  [stored, rebuilt]: [ByteSource, ByteSource],
  at: number,
  trail: readonly string[],
): Promise<Difference> {
  if (part.packing === undefined) return descend(stored, rebuilt, at, trail);
  return (await insideUnpacked(stored, rebuilt, part.packing, trail)) ?? descend(stored, rebuilt, at, trail);
}

async function insidePacking(
  stored: ByteSource,
  rebuilt: ByteSource,
  trail: readonly string[],
): Promise<Difference | undefined> {
  const packing = await packingOf(stored);
  if (packing === undefined || packing !== (await packingOf(rebuilt))) return undefined;
  return insideUnpacked(stored, rebuilt, packing, [...trail, `${packing}: compressed data`]);
}

async function insideUnpacked(
  stored: ByteSource,
  rebuilt: ByteSource,
  packing: Parameters<typeof unpacked>[1],
  trail: readonly string[],
): Promise<Difference | undefined> {
  const [one, other] = [await unpacked(stored, packing), await unpacked(rebuilt, packing)];
  if (one === undefined || other === undefined) return undefined;
  const at = await firstDifference(one, other);
  if (at !== undefined) return descend(one, other, at, trail);
  const packedAt = (await firstDifference(stored, rebuilt)) ?? 0;
  const sides = { stored: await excerpt(stored, packedAt), rebuilt: await excerpt(rebuilt, packedAt) };
  return {
    trail,
    remarks: ['its contents are the same, but it was compressed in another way'],
    others: [],
    ...sides,
  };
}

/** The parts of both, by name and occurrence, in the order of the stored one. */
function pairUp(stored: readonly Part[], rebuilt: readonly Part[]) {
  const [ours, theirs] = [byName(stored), byName(rebuilt)];
  const both = [...ours].flatMap(([name, part]): [Part, Part][] => {
    const partner = theirs.get(name);
    return partner === undefined ? [] : [[part, partner]];
  });
  const order = [...theirs.keys()].filter((name) => ours.has(name));
  const reordered = [...ours.keys()]
    .filter((name) => theirs.has(name))
    .some((name, index) => order[index] !== name);
  const missing = (from: Map<string, Part>, to: Map<string, Part>): Part[] =>
    [...from].flatMap(([name, part]) => (to.has(name) ? [] : [part]));
  return { both, reordered, onlyStored: missing(ours, theirs), onlyRebuilt: missing(theirs, ours) };
}

function byName(parts: readonly Part[]): Map<string, Part> {
  const named = new Map<string, Part>();
  const seen = new Map<string, number>();
  for (const part of parts) {
    const times = seen.get(part.name) ?? 0;
    seen.set(part.name, times + 1);
    named.set(`${part.name}\0${times}`, part);
  }
  return named;
}

function fieldRemarks(stored: Part, rebuilt: Part | undefined): string[] {
  return Object.entries(stored.fields ?? {}).flatMap(([name, value]) => {
    const now = rebuilt?.fields?.[name];
    return now === undefined || now === value ? [] : [`${name}: stored ${value}, rebuilt ${now}`];
  });
}

function bounded(lines: readonly string[]): string[] {
  if (lines.length <= mostOthers) return [...lines];
  return [...lines.slice(0, mostOthers), `and ${lines.length - mostOthers} more`];
}

/** A file that begins like one of a format and then is not is a file without parts. */
async function anatomy(source: ByteSource): Promise<Awaited<ReturnType<typeof anatomyOf>>> {
  try {
    return await anatomyOf(source);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

async function excerpt(source: ByteSource, at: number): Promise<Excerpt> {
  const offset = Math.max(0, Math.floor((at - before) / 16) * 16);
  const bytes = await source.read(
    Math.min(offset, source.size),
    Math.max(0, Math.min(shown, source.size - offset)),
  );
  return { size: source.size, at, offset, bytes };
}

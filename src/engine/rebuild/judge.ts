import { join } from 'node:path';
import { compareTrees, diffoscope, type FileDifference, type TreeEntry } from '../../difference/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import { blobPath, readListing, type ListingEntry, type Output, type Store } from '../../store/index.ts';
import { keepBoth } from './keep-both.ts';
import type { Rebuilt } from './rebuild.ts';
import { reportDifference, type OutputVerdict, type Verdict } from './verdict.ts';

/** Files of one output whose place of difference is looked for, and entries that are told at all. */
const mostLocated = 5;
const mostReported = 20;
const mostLinesOfDiffoscope = 40;

export interface Judging {
  readonly store: Store;
  /** For what diffoscope needs; absolute. */
  readonly folder: string;
  /** Absolute: where what differs is kept, both versions of it. */
  readonly keep?: string;
}

/** Compares what was rebuilt with what is stored, output by output, by digest. */
export async function judge(
  { store, folder, keep }: Judging,
  step: PlannedStep,
  stored: Readonly<Record<string, Output>>,
  rebuilt: Rebuilt,
): Promise<OutputVerdict[]> {
  const verdicts: OutputVerdict[] = [];
  for (const [name, output] of Object.entries(stored)) {
    const base = output.type === 'file' ? rebuilt.folder : join(rebuilt.folder, output.path);
    const found = await compareTrees(
      entriesOf(store, output),
      (rebuilt.outputs[name] ?? []).map((entry) => withFile(entry, join(base, entry.path))),
      mostLocated,
    );
    const varies = step.recipe.varies.get(name)?.value;
    const verdict: Verdict = found.length === 0 ? 'identical' : varies === undefined ? 'different' : 'varies';
    if (verdict === 'different' && keep !== undefined) await keepBoth(found, join(keep, step.name, name));
    const reported = verdict === 'different' ? found.slice(0, mostReported) : [];
    const differences = [];
    for (const [index, each] of reported.entries()) {
      const said = index === 0 ? await askDiffoscope(each, folder) : undefined;
      differences.push(reportDifference(each, said));
    }
    verdicts.push({
      output: name,
      verdict,
      differences,
      more: found.length - reported.length,
      ...(varies === undefined ? {} : { varies }),
    });
  }
  return verdicts;
}

/** Do all outputs that must be the same have the digests that are stored? */
export function isSame(
  store: Store,
  step: PlannedStep,
  stored: Readonly<Record<string, Output>>,
  outputs: Rebuilt['outputs'],
): boolean {
  const words = (entries: readonly ListingEntry[]): string => JSON.stringify(entries.map(wordOf));
  return Object.entries(stored).every(
    ([name, output]) =>
      step.recipe.varies.has(name) || words(listingOf(store, output)) === words(outputs[name] ?? []),
  );
}

/** What an entry is, its place in the store or elsewhere aside. */
export function wordOf(entry: ListingEntry): readonly (string | boolean)[] {
  switch (entry.type) {
    case 'file':
      return ['f', entry.path, entry.executable, entry.digest];
    case 'directory':
      return ['d', entry.path];
    case 'symlink':
      return ['l', entry.path, entry.target];
  }
}

function listingOf(store: Store, output: Output): readonly ListingEntry[] {
  return output.type === 'file' ? [output] : readListing(store, output.digest);
}

function entriesOf(store: Store, output: Output): TreeEntry[] {
  return listingOf(store, output).map((entry) =>
    withFile(entry, entry.type === 'file' ? blobPath(store, entry.digest) : ''),
  );
}

function withFile(entry: ListingEntry, file: string): TreeEntry {
  return entry.type === 'file' ? { ...entry, file } : entry;
}

async function askDiffoscope({ files }: FileDifference, folder: string): Promise<string[] | undefined> {
  if (files === undefined) return undefined;
  return diffoscope(files.stored, files.rebuilt, folder, mostLinesOfDiffoscope);
}

import type { Material } from '../../base/index.ts';
import { explainChange } from '../explain.ts';
import type { RunFile, StepHeader, StepMade } from './run-file.ts';

/** A step that is not the same in two runs. */
export interface StepDifference {
  readonly step: string;
  /** What differs in the step itself, one line a cause. */
  readonly causes: readonly string[];
  /** Steps before it that differ too, and through which input: "" stands for the buildroot. */
  readonly follows: readonly { readonly step: string; readonly input: string }[];
}

export interface RunComparison {
  readonly same: readonly string[];
  readonly different: readonly StepDifference[];
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
  /** Steps that did not end in one of the runs, or about which it does not say enough. */
  readonly unknown: readonly string[];
}

/** Compares the actions of two runs, step by step in the order of the second. */
export function compareRuns(before: RunFile, after: RunFile): RunComparison {
  const [old, now] = [keysOf(before), keysOf(after)];
  const names = after.header.steps.map(({ name }) => name);
  const oldNames = before.header.steps.map(({ name }) => name);
  const both = after.header.steps.filter(({ name }) => oldNames.includes(name));
  const known = both.filter(({ name }) => old.has(name) && now.has(name));
  const differs = new Set(
    known.filter(({ name }) => old.get(name) !== now.get(name)).map(({ name }) => name),
  );
  const explained = known
    .filter(({ name }) => differs.has(name))
    .map((step) => explain(step, before.made.get(step.name), after.made.get(step.name), differs));
  return {
    same: known.map(({ name }) => name).filter((name) => !differs.has(name)),
    different: explained,
    onlyBefore: oldNames.filter((name) => !names.includes(name)),
    onlyAfter: names.filter((name) => !oldNames.includes(name)),
    unknown: both.map(({ name }) => name).filter((name) => !old.has(name) || !now.has(name)),
  };
}

/** Step → its cache key, of those that ended well. */
function keysOf({ events }: RunFile): Map<string, string> {
  const keys = new Map<string, string>();
  for (const event of events)
    if (event.type === 'step-cached' || event.type === 'step-done') keys.set(event.step, event.key);
  return keys;
}

function explain(
  step: StepHeader,
  before: StepMade | undefined,
  after: StepMade | undefined,
  differs: ReadonlySet<string>,
): StepDifference {
  const { name, from } = step;
  if (before === undefined || after === undefined)
    return {
      step: name,
      causes: ['its key differs; the run does not say what it was made from'],
      follows: [],
    };
  const changed = (input: string): boolean =>
    input === ''
      ? JSON.stringify(before.action.environment) !== JSON.stringify(after.action.environment)
      : before.action.inputs[input] !== after.action.inputs[input];
  const follows = Object.entries(from)
    .filter(([input, maker]) => differs.has(maker) && changed(input))
    .map(([input, maker]) => ({ step: maker, input }));
  // An input or a buildroot whose maker differs is told by that.
  const told = new Set(follows.map(({ input }) => input));
  const lines = explainChange(before.action, after.action).filter(
    (line) =>
      !(told.has('') && line === 'the buildroot changed') &&
      ![...told].some((input) => line.startsWith(`the input ${input} `)),
  );
  return { step: name, causes: lines.flatMap((line) => [line, ...details(line, before, after)]), follows };
}

/** What is known of a source that changed: the packages and files in it, by name and version. */
function details(line: string, before: StepMade, after: StepMade): string[] {
  const source = /^the source (\S+) changed$/.exec(line)?.[1];
  if (source === undefined) return [];
  return materialChanges(before.materials[source] ?? [], after.materials[source] ?? []).map(
    (change) => `  ${change}`,
  );
}

/** What differs between two lists of what was pinned, a line each: "libc6 2.36-9+deb12u10 → 2.36-9+deb12u13". */
export function materialChanges(before: readonly Material[], after: readonly Material[]): string[] {
  const [old, now] = [byName(before), byName(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name) => {
    const [a, b] = [old.get(name), now.get(name)];
    if (a === undefined) return [`${name} ${b?.version ?? ''} is new`];
    if (b === undefined) return [`${name} ${a.version} is gone`];
    if (a.version !== b.version) return [`${name} ${a.version} → ${b.version}`];
    return a.digest === b.digest ? [] : [`${name} ${a.version}: its bytes differ`];
  });
}

function byName(materials: readonly Material[]): Map<string, { version: string; digest: string }> {
  return new Map(
    materials.map(({ uri, name, digest }) => {
      // A package URL: its version stands behind the last "@" before the qualifiers (purl-spec).
      const [, path = uri, version = ''] = /^([^?]+?)(?:@([^@?]+))?(?:\?.*)?$/.exec(uri) ?? [];
      const isPackage = uri.startsWith('pkg:');
      const shown = isPackage ? decode(path.slice(path.lastIndexOf('/') + 1)) : uri;
      const file =
        isPackage && !/arch=source/.test(uri) ? '' : name === undefined ? '' : ` (${fileKind(name)})`;
      return [
        `${shown}${file}`,
        { version: isPackage ? decode(version) : '', digest: JSON.stringify(digest) },
      ];
    }),
  );
}

/** Of a source package's file all but its version: ".orig.tar.xz". */
function fileKind(name: string): string {
  return /\.(?:orig|debian)[.\w-]*$|\.dsc$|\.diff\.gz$/.exec(name)?.[0] ?? name;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

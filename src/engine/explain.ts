import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lineAndColumn, type Place, type Sha256 } from '../base/index.ts';
import type { PlannedStep } from '../recipe/index.ts';
import { type Action, readBlob, type Store } from '../store/index.ts';

/** Where the two actions are of a project that is at hand: its step as it is planned now, and where its files lie. */
interface AtHand {
  readonly step: PlannedStep;
  readonly store: Store;
  /** Of the project, which the places' files are named relative to. */
  readonly root: string;
}

/**
 * Why a step's key differs from the one it had: one line a cause, each with the file and line to look at where there
 * is one. Empty when the two actions are the same.
 */
export function explainChange(before: Action, now: Action, here?: AtHand): string[] {
  const { step, root = '' } = here ?? {};
  // Another version of keys has other fields.
  if (before.keyVersion !== now.keyVersion)
    return scalar('the key version', before.keyVersion, now.keyVersion);
  return [
    ...scalar('the step protocol', before.protocol, now.protocol),
    ...scalar('the platform', before.platform, now.platform),
    ...scalar('the script', before.script, now.script),
    ...modules(before, now, here),
    ...fields(before.packages, now.packages).map(({ name, how }) => `the package ${name} ${how}`),
    ...parameters(before, now, step, root),
    ...fields(before.sources, now.sources).map(
      ({ name, how }) => `${at(step?.recipe.sources.get(name), root)}the source ${name} ${how}`,
    ),
    ...fields(before.inputs, now.inputs).map(({ name, how }) => {
      const binding = step?.inputs.get(name)?.value;
      const from =
        binding === undefined ? '' : binding.kind === 'file' ? ` (${binding.path})` : ` (of ${binding.step})`;
      return `the input ${name}${from} ${how}`;
    }),
    ...environment(before, now),
    ...fields(before.outputs, now.outputs).map(
      ({ name, how }) => `${at(step?.recipe.outputs.get(name), root)}the output ${name} ${how}`,
    ),
  ];
}

interface Change {
  readonly name: string;
  readonly how: 'is new' | 'is gone' | 'changed';
}

function fields(before: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((name): Change[] => {
    if (!Object.hasOwn(before, name)) return [{ name, how: 'is new' }];
    if (!Object.hasOwn(now, name)) return [{ name, how: 'is gone' }];
    return JSON.stringify(before[name]) === JSON.stringify(now[name]) ? [] : [{ name, how: 'changed' }];
  });
}

function scalar(what: string, before: string | number, now: string | number): string[] {
  return before === now ? [] : [`${what} was ${before}, is ${now}`];
}

function modules(before: Action, now: Action, here: AtHand | undefined): string[] {
  return fields(before.modules, now.modules).map(({ name, how }) => {
    if (how !== 'changed' || here === undefined) return `${name} ${how}`;
    const line = firstDifference(here.store, before.modules[name], join(here.step.recipe.root, name));
    return `${name}${line === undefined ? '' : `:${line}`} changed`;
  });
}

/** The first line that differs between a module as it was (kept as a blob when it ran) and as it is. */
function firstDifference(store: Store, before: Sha256 | undefined, path: string): number | undefined {
  try {
    const old = before === undefined ? [] : readBlob(store, before).split('\n');
    const lines = readFileSync(path, 'utf8').split('\n');
    const index = lines.findIndex((line, i) => line !== old[i]);
    return index === -1 ? lines.length : index + 1;
  } catch {
    return undefined;
  }
}

function parameters(before: Action, now: Action, step: PlannedStep | undefined, root: string): string[] {
  return fields(before.parameters, now.parameters).flatMap(({ name, how }) => {
    const located = step?.parameters.get(name);
    const [old, value] = [before.parameters[name], now.parameters[name]];
    if (!Array.isArray(old) || !Array.isArray(value)) {
      const change = how === 'changed' ? `was ${JSON.stringify(old)}, is ${JSON.stringify(value)}` : how;
      return [`${at(located, root)}the parameter ${name} ${change}`];
    }
    const [olds, values] = [old as string[], value as string[]];
    const added = values.flatMap((item, i) =>
      olds.includes(item) ? [] : [`${at(located?.items?.[i] ?? located, root)}${item} is new in ${name}`],
    );
    const removed = olds.filter((item) => !values.includes(item));
    const gone = removed.map((item) => `${at(located, root)}${item} is gone from ${name}`);
    const changes = [...added, ...gone];
    return changes.length > 0 ? changes : [`${at(located, root)}the order in ${name} changed`];
  });
}

function environment(before: Action, now: Action): string[] {
  const [a, b] = [before.environment, now.environment];
  if (a.kind !== b.kind) return [`the environment was ${a.kind}, is ${b.kind}`];
  if (a.kind === 'buildroot' && b.kind === 'buildroot' && a.root !== b.root) return ['the buildroot changed'];
  if (a.kind === 'host' && b.kind === 'host') {
    return fields(a.tools, b.tools).map(({ name, how }) =>
      how === 'changed'
        ? `the tool ${name} was "${a.tools[name] ?? ''}", is "${b.tools[name] ?? ''}"`
        : `the tool ${name} ${how}`,
    );
  }
  return [];
}

/** `file:line: `, or nothing where the place is in no file, as on the command line. */
function at(place: Place | undefined, root: string): string {
  if (place === undefined) return '';
  try {
    const text = readFileSync(resolve(root, place.file), 'utf8');
    return `${place.file}:${lineAndColumn(text, place.span.start).line}: `;
  } catch {
    return '';
  }
}

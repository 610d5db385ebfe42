import { commandLine, InvalidError, type Diagnostic, type Place } from '../../base/index.ts';
import { collectFaults, type Report } from '../../yaml/faults.ts';
import type { Located } from '../../yaml/located.ts';
import type { LoadedFile, Project } from '../project/project.ts';
import { locate } from '../../yaml/shape.ts';

/** What the user set, name → text, or texts of a list. */
export type Overrides = Readonly<Record<string, string | readonly string[]>>;

/** What was set on the command line, each with its place in a text made up for it. */
export interface Override {
  readonly key: Place;
  readonly values: readonly Located<string>[];
}

/** Everything that one plan gathers while it is made. */
export interface Planning {
  readonly project: Project;
  readonly report: Report;
  readonly target: Place;
  readonly settings: ReadonlyMap<string, Override>;
  /** "RECIPE.SOURCE" → where `--source` names it, and where the folder. */
  readonly given: ReadonlyMap<string, { readonly key: Place; readonly folder: Place }>;
  /** Makes the file's faults faults of the plan. @returns what could be read of it */
  use<T>(loaded: LoadedFile<T>): T | undefined;
  /** @throws InvalidError with every fault of every file involved */
  finish(): void;
}

export function startPlanning(
  project: Project,
  name: string,
  overrides: Overrides,
  sources: Readonly<Record<string, string>> = {},
): Planning {
  const faults = collectFaults();
  const used = new Set<LoadedFile<unknown>>();
  const { text, settings, given } = layOutCommandLine(name, overrides, sources);
  const texts = new Map([...project.memory.texts, [commandLine, text]]);
  return {
    project,
    report: faults.report,
    target: { file: commandLine, span: { start: 0, end: name.length } },
    settings,
    given,
    use(loaded) {
      used.add(loaded);
      return loaded.value;
    },
    finish() {
      const all = mergeByFile([
        ...new Set([...used].flatMap(({ diagnostics }) => diagnostics)),
        ...faults.sorted(),
      ]);
      if (all.length === 0) return;
      throw new InvalidError(all, new Map([...texts, ...project.memory.texts]));
    },
  };
}

function layOutCommandLine(
  name: string,
  overrides: Overrides,
  sources: Readonly<Record<string, string>>,
): { text: string } & Pick<Planning, 'settings' | 'given'> {
  let text = name;
  const settings = new Map<string, Override>();
  for (const [key, given] of Object.entries(overrides)) {
    const values: Located<string>[] = [];
    let keyPlace: Place | undefined;
    for (const value of typeof given === 'string' ? [given] : given) {
      text += '\n--set ';
      keyPlace ??= { file: commandLine, span: { start: text.length, end: text.length + key.length } };
      text += `${key}=`;
      const span = { start: text.length, end: text.length + Math.max(1, value.length) };
      values.push(locate(value, { file: commandLine, span }));
      text += value;
    }
    if (keyPlace !== undefined) settings.set(key, { key: keyPlace, values });
  }
  const given = new Map<string, { key: Place; folder: Place }>();
  const place = (written: string): Place => {
    const start = text.length;
    text += written;
    return { file: commandLine, span: { start, end: start + Math.max(1, written.length) } };
  };
  for (const [source, path] of Object.entries(sources)) {
    text += '\n--source ';
    const key = place(source);
    text += '=';
    given.set(source, { key, folder: place(path) });
  }
  return { text, settings, given };
}

function mergeByFile(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const files = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const list = files.get(diagnostic.file) ?? [];
    files.set(diagnostic.file, list);
    list.push(diagnostic);
  }
  return [...files.values()].flatMap((list) => list.sort((a, b) => a.span.start - b.span.start));
}

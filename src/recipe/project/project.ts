import { readdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { InvalidError, type Diagnostic } from '../../base/index.ts';
import { collectFaults, type Report } from '../../yaml/faults.ts';
import { readYamlFile } from '../../yaml/read.ts';
import { reportYml, type FileName } from '../../yaml/file-name.ts';
import { isName } from '../../yaml/shape.ts';
import { settingsFile } from './settings.ts';
import type { YamlNode } from '../../yaml/node.ts';

/** A project as one command sees it: its files are read at most once. */
export interface Project {
  /** Absolute. */
  readonly root: string;
  /** Absolute: the root of the package's own pipelines and recipes; the project's own come first. */
  readonly builtin: string;
  /** Absolute: what paths on the command line are relative to. */
  readonly cwd: string;
  /** What was read so far. */
  readonly memory: {
    readonly files: Map<string, LoadedFile<unknown> | undefined>;
    readonly names: Map<string, readonly string[]>;
    /** By the name that places have. */
    readonly texts: Map<string, string>;
  };
}

/** A file as far as it could be read, with all that is wrong with it. */
export interface LoadedFile<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Makes another file's faults faults of the one that is read. @returns what could be read of it */
export type UseFile = <T>(other: LoadedFile<T>) => T | undefined;

export type Folder = 'recipes' | 'pipelines' | 'recipes/buildroots' | 'recipes/tables' | 'recipes/guests';

/** The project around a folder: the nearest one upwards that `isProject`, or else the folder itself. */
export function findProject(cwd: string, builtin: string): Project {
  const start = resolve(cwd);
  let root = start;
  for (let folder = start; ; folder = dirname(folder)) {
    if (isProject(folder)) {
      root = folder;
      break;
    }
    if (dirname(folder) === folder) break;
  }
  const memory = {
    files: new Map<string, LoadedFile<unknown> | undefined>(),
    names: new Map<string, readonly string[]>(),
    texts: new Map<string, string>(),
  };
  return { root, builtin: resolve(builtin), cwd: start, memory };
}

/** Does a folder have recipes, pipelines or a project's settings? */
export function isProject(folder: string): boolean {
  return (
    isFolder(join(folder, 'pipelines')) ||
    isFolder(join(folder, 'recipes')) ||
    isFile(join(folder, settingsFile))
  );
}

/** How a file is named to the user: relative to the project where it lies in it. */
export function displayName(project: Project, root: string, file: string): string {
  if (root === project.root) return file;
  const path = relative(project.root, join(root, file));
  return path.startsWith('..') || isAbsolute(path) ? join(root, file) : path.split(sep).join('/');
}

/**
 * Reads `<folder>/<name>.yaml` of the project, or else of the package; undefined when neither has it. A file of the
 * project that ends in .yml is a fault: it would be passed over, and the package's of that name taken.
 */
export function loadFile<T>(
  project: Project,
  folder: Folder,
  name: string,
  read: (node: YamlNode, of: FileName, report: Report, use: UseFile) => T | undefined,
): LoadedFile<T> | undefined {
  const file = `${folder}/${name}.yaml`;
  const { files, texts } = project.memory;
  if (files.has(file)) return files.get(file) as LoadedFile<T> | undefined;
  let loaded: LoadedFile<T> | undefined;
  if (isName(name) && file !== lockFile) {
    for (const root of rootsOf(project)) {
      const faults = collectFaults();
      const display = displayName(project, root, file);
      const yaml = readYamlFile(join(root, file), display, faults.report);
      if (yaml === undefined && root === project.root && isFile(join(root, `${folder}/${name}.yml`))) {
        reportYml(`${folder}/${name}.yml`, faults.report);
        loaded = { value: undefined, diagnostics: faults.sorted() };
        break;
      }
      if (yaml === undefined) continue;
      texts.set(display, yaml.text);
      const others = new Set<Diagnostic>();
      const use: UseFile = (other) => {
        for (const diagnostic of other.diagnostics) others.add(diagnostic);
        return other.value;
      };
      const value = yaml.node && read(yaml.node, { name, root, file }, faults.report, use);
      loaded = { value, diagnostics: [...faults.sorted(), ...others] };
      break;
    }
  }
  files.set(file, loaded);
  return loaded;
}

/** The value of a file without fault. @throws InvalidError with all faults of the file */
export function soundValue<T>(project: Project, loaded: LoadedFile<T>): T {
  if (loaded.value === undefined || loaded.diagnostics.length > 0) {
    throw new InvalidError(loaded.diagnostics, project.memory.texts);
  }
  return loaded.value;
}

/**
 * The names of a folder's files, of the project and of the package, sorted; with `own`, of the project alone. Those of
 * files that end in .yml are among them.
 */
export function namesIn(project: Project, folder: Folder, own = false): readonly string[] {
  const key = `${folder}${own ? ' own' : ''}`;
  const known = project.memory.names.get(key);
  if (known !== undefined) return known;
  const found = (own ? [project.root] : rootsOf(project)).flatMap((root) => yamlNames(join(root, folder)));
  const names = [...new Set(found)].filter((name) => `${folder}/${name}.yaml` !== lockFile).sort();
  project.memory.names.set(key, names);
  return names;
}

/** Lies among the recipes, but is not a recipe. */
const lockFile = 'recipes/lock.yaml';

function rootsOf(project: Project): string[] {
  return project.root === project.builtin ? [project.root] : [project.root, project.builtin];
}

function yamlNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .flatMap((file) => /^(.+)\.ya?ml$/.exec(file)?.[1] ?? [])
      .filter(isName);
  } catch {
    return [];
  }
}

export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    // Not to be reached: a folder that may not be entered, a name that is too long, a loop of links.
    return false;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

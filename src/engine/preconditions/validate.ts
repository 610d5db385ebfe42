import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidError, type Diagnostic } from '../../base/index.ts';
import { loadBuildroot, settingsFile, type Project, type Recipe } from '../../recipe/index.ts';
import { checkOwnFiles } from '../../recipe/plan/own-files.ts';
import { readRoute, routeValues } from '../../route/index.ts';
import { collectFaults } from '../../yaml/faults.ts';
import { parseYaml } from '../../yaml/parse.ts';
import { readLockfile } from '../../sources/lock/read.ts';
import { lockFile, openPins, type Pins } from '../sources/pins.ts';

const routes = 'recipes/routes';

/** A project without a fault. */
export interface Validated {
  /** Relative to the project. */
  readonly files: readonly string[];
  /** Sources and buildroots that no lockfile pins: a run of them is refused, unless `--source` names a folder. */
  readonly unpinned: readonly string[];
}

/**
 * Reads all recipes, pipelines, buildroots, tables, guests, routes and settings of a project, and its lockfile. Files
 * that come with the package are read as far as those name them.
 * @throws InvalidError with every fault of every file
 */
export function validateProject(project: Project): Validated {
  const own = checkOwnFiles(project);
  const texts = new Map(own.texts);
  const lock = readLockfile(join(project.root, lockFile), lockFile);
  texts.set(lockFile, lock.text);
  const routeFaults = routeFiles(project.root).map((file) => {
    const text = readFileSync(join(project.root, file), 'utf8');
    texts.set(file, text);
    return { file, diagnostics: faultsOfRoute(text, file) };
  });
  const diagnostics = [
    ...own.diagnostics,
    ...routeFaults.flatMap((each) => each.diagnostics),
    ...lock.diagnostics,
  ];
  if (diagnostics.length > 0) throw new InvalidError(diagnostics, texts);
  const pins = openPins(project);
  const beside = [settingsFile, lockFile].filter((file) => existsSync(join(project.root, file)));
  return {
    files: [...beside, ...own.files, ...routeFaults.map(({ file }) => file)].sort(),
    unpinned: [...new Set(own.recipes.flatMap((recipe) => unpinned(project, pins, recipe)))],
  };
}

/** The sources of which no origin is pinned, and the buildroot where it is not. */
function unpinned(project: Project, pins: Pins, recipe: Recipe): string[] {
  const sources = [...recipe.sources.values()].filter(({ origins }) =>
    origins.every(({ value }) => value.kind !== 'local'),
  );
  const open = sources.filter((source) =>
    source.origins.every((origin) => pins.origin(recipe, source, origin, []) === undefined),
  );
  const { value: environment } = recipe.environment;
  const names = open.map(({ name }) => `${recipe.name}.${name}`);
  if (environment.kind !== 'buildroot') return names;
  const isPinned = pins.buildroot(loadBuildroot(project, environment.name), []) !== undefined;
  return isPinned ? names : [...names, environment.name];
}

function routeFiles(root: string): string[] {
  const folder = join(root, routes);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => `${routes}/${name}`);
}

function faultsOfRoute(text: string, file: string): readonly Diagnostic[] {
  const faults = collectFaults();
  const node = parseYaml(text, file, faults.report);
  const values = routeValues({ volume: 'Volume', version: '10.10.5', flags: '-v' });
  if (node !== undefined) readRoute(node, new Map(Object.entries(values)), faults.report);
  return faults.sorted();
}

import { existsSync, lstatSync } from 'node:fs';
import { join, relative } from 'node:path';
import { folderEntries } from '../../archive/index.ts';
import { settingsFile, type Plan, type PlannedStep, type Project } from '../../recipe/index.ts';
import { lockFile } from '../sources/pins.ts';
import { localLockFile } from '../sources/stand-ins.ts';
import { scriptPlace, scriptSources } from '../script/ready-script.ts';

/** The files that a plan is made of, relative to the root they lie below, sorted. */
export interface PlanFiles {
  /** Of the project. */
  readonly own: readonly string[];
  /** Of what comes with cidermill. */
  readonly builtin: readonly string[];
}

/** Definitions, scripts with all they import, local sources, lockfiles. A folder of the user's given by `--source` does not belong to them. */
export async function planFiles(project: Project, plan: Plan, drifted: boolean): Promise<PlanFiles> {
  const own = new Set<string>();
  const builtin = new Set<string>();
  const add = (root: string, path: string): void => {
    const whole = join(root, path);
    const stat = lstatSync(whole, { throwIfNoEntry: false });
    const to = root === project.builtin ? builtin : own;
    if (stat?.isFile() === true) to.add(path);
    if (stat?.isDirectory() === true)
      for (const entry of folderEntries(whole, path)) if (entry.type === 'file') to.add(entry.name);
  };
  const addNearest = (path: string): void =>
    add(existsSync(join(project.root, path)) ? project.root : project.builtin, path);

  addNearest(`pipelines/${plan.pipeline}.yaml`);
  addNearest('package.json');
  if (existsSync(join(project.root, settingsFile))) add(project.root, settingsFile);
  addNearest(lockFile);
  // Of this machine alone, also where the project is cidermill's own checkout: no other cidermill has it.
  if (drifted && existsSync(join(project.root, localLockFile))) own.add(localLockFile);
  add(project.builtin, lockFile);
  for (const table of plan.tables) addNearest(`recipes/tables/${table}.yaml`);
  for (const step of plan.steps) {
    const { recipe } = step;
    add(recipe.root, recipe.file);
    if (step.buildroot !== undefined) addNearest(`recipes/buildroots/${step.buildroot.name}.yaml`);
    for (const path of localSources(step)) add(recipe.root, path);
    for (const script of [recipe.script, ...(recipe.check === undefined ? [] : [recipe.check])]) {
      const place = scriptPlace({ ...recipe, script });
      for (const path of await scriptSources(place)) add(recipe.root, relative(place.root, path));
    }
  }
  return { own: [...own].sort(), builtin: [...builtin].sort() };
}

function localSources({ recipe }: PlannedStep): string[] {
  return [...recipe.sources.values()].flatMap(({ origins }) =>
    origins.flatMap(({ value }) =>
      value.kind === 'local' && value.folder === undefined ? [value.path] : [],
    ),
  );
}

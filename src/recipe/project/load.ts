import { statSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, InvalidError } from '../../base/index.ts';
import { readBuildroot, type BuildrootFile } from '../files/buildroot-file.ts';
import { collectFaults, type Report } from '../../yaml/faults.ts';
import type { Buildroot, Recipe } from '../model.ts';
import { readPipeline, type PipelineFile } from '../files/pipeline-file.ts';
import {
  isFile,
  loadFile,
  namesIn,
  soundValue,
  type LoadedFile,
  type Project,
  type UseFile,
} from './project.ts';
import { readRecipe } from '../files/recipe-file.ts';
import { readTable, type FindTable } from '../files/table-file.ts';
import type { FileName } from '../../yaml/file-name.ts';
import { suggestOrList } from '../../yaml/suggest.ts';
import type { YamlNode } from '../../yaml/node.ts';

/** The recipe of that name; undefined when none exists. */
export function recipeFile(project: Project, name: string): LoadedFile<Recipe> | undefined {
  return loadFile(project, 'recipes', name, (node, of, report, use) =>
    readWithFiles(node, of, report, findTable(project, report, use)),
  );
}

export function pipelineFile(project: Project, name: string): LoadedFile<PipelineFile> | undefined {
  return loadFile(project, 'pipelines', name, (node, of, report, use) =>
    readPipeline(node, of, report, findTable(project, report, use)),
  );
}

export function buildrootFile(project: Project, name: string): LoadedFile<BuildrootFile> | undefined {
  return loadFile(project, 'recipes/buildroots', name, readBuildroot);
}

function findTable(project: Project, report: Report, use: UseFile): FindTable {
  return (name) => {
    const file = loadFile(project, 'recipes/tables', name.value, readTable);
    if (file === undefined) reportUnknown(project, 'recipes/tables', name.value, name, report);
    return file && use(file);
  };
}

/** @throws InvalidError when none of that name exists, or with all of its faults */
export function loadRecipe(project: Project, name: string): Recipe {
  return soundValue(project, recipeFile(project, name) ?? unknown(project, 'recipes', name));
}

/** @throws InvalidError when none of that name exists, or with all of its faults; references are not checked */
export function loadPipeline(project: Project, name: string): PipelineFile {
  return soundValue(project, pipelineFile(project, name) ?? unknown(project, 'pipelines', name));
}

/** @throws InvalidError when none of that name exists, or with all of its faults */
export function loadBuildroot(project: Project, name: string): Buildroot {
  return soundValue(project, buildrootFile(project, name) ?? unknown(project, 'recipes/buildroots', name))
    .buildroot;
}

function readWithFiles(node: YamlNode, of: FileName, report: Report, tables: FindTable): Recipe | undefined {
  const recipe = readRecipe(node, of, report, tables);
  if (recipe === undefined) return undefined;
  for (const script of [recipe.script, ...(recipe.check === undefined ? [] : [recipe.check])]) {
    if (script.value === '' || isFile(join(of.root, script.value))) continue;
    report(
      'missing-script',
      script,
      `There is no script ${script.value}.`,
      `It was looked for at ${join(of.root, script.value)}.`,
    );
  }
  for (const { origins } of recipe.sources.values()) {
    for (const origin of origins) {
      if (origin.value.kind !== 'local') continue;
      const path = join(of.root, origin.value.path);
      if (statSync(path, { throwIfNoEntry: false }) === undefined)
        report(
          'missing-file',
          origin,
          `There is no file or folder ${origin.value.path}.`,
          `It was looked for at ${path}.`,
        );
    }
  }
  return recipe;
}

const kinds = {
  recipes: { code: 'unknown-recipe', noun: 'recipe' },
  pipelines: { code: 'unknown-pipeline', noun: 'pipeline' },
  'recipes/buildroots': { code: 'unknown-buildroot', noun: 'buildroot' },
  'recipes/tables': { code: 'unknown-table', noun: 'table' },
} as const;

/** Where the name was not written in a file, it stands for one. */
function unknown(project: Project, folder: keyof typeof kinds, name: string): never {
  const faults = collectFaults();
  const place = { file: commandLine, span: { start: 0, end: name.length } };
  reportUnknown(project, folder, name, place, faults.report);
  throw new InvalidError(faults.sorted(), new Map([...project.memory.texts, [commandLine, name]]));
}

export function reportUnknown(
  project: Project,
  folder: keyof typeof kinds,
  name: string,
  place: Parameters<Report>[1],
  report: Report,
): void {
  const { code, noun } = kinds[folder];
  report(code, place, `There is no ${noun} "${name}" in ${folder}/.`, () =>
    suggestOrList(name, namesIn(project, folder), `${noun}s`),
  );
}

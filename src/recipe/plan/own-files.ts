import type { Diagnostic } from '../../base/index.ts';
import { InvalidError } from '../../base/index.ts';
import { readTable } from '../files/table-file.ts';
import type { Recipe } from '../model.ts';
import { planPipeline } from './plan-pipeline.ts';
import { loadGuests } from '../project/guests.ts';
import { buildrootFile, pipelineFile, recipeFile } from '../project/load.ts';
import { loadFile, namesIn, type Folder, type Project } from '../project/project.ts';
import { loadSettings } from '../project/settings.ts';

/** The files of a project that say what is made, and all that is wrong with them. */
export interface OwnFiles {
  /** Relative to the project. */
  readonly files: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** Those without a fault. */
  readonly recipes: readonly Recipe[];
  readonly texts: ReadonlyMap<string, string>;
}

const folders: readonly Folder[] = [
  'recipes',
  'pipelines',
  'recipes/buildroots',
  'recipes/tables',
  'recipes/guests',
];

/** Reads every file of a project's own, its pipelines with all that they name. */
export function checkOwnFiles(project: Project): OwnFiles {
  const texts = new Map<string, string>();
  const faulty = (work: () => unknown): readonly Diagnostic[] => {
    try {
      work();
      return [];
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
      for (const [file, text] of error.texts) texts.set(file, text);
      return error.diagnostics;
    }
  };
  const names = (folder: Folder): readonly string[] => namesIn(project, folder, true);
  const diagnostics = [
    ...faulty(() => loadSettings(project.root)),
    ...names('recipes').flatMap((name) => recipeFile(project, name)?.diagnostics ?? []),
    ...names('recipes/buildroots').flatMap((name) => buildrootFile(project, name)?.diagnostics ?? []),
    ...names('recipes/tables').flatMap(
      (name) => loadFile(project, 'recipes/tables', name, readTable)?.diagnostics ?? [],
    ),
    ...(names('recipes/guests').length === 0 ? [] : faulty(() => loadGuests(project))),
    ...names('pipelines').flatMap((name) =>
      faulty(() => planPipeline(project, name)).filter((fault) => !isLeftToUser(project, name, fault)),
    ),
  ];
  return {
    files: folders.flatMap((folder) => names(folder).map((name) => `${folder}/${name}.yaml`)),
    diagnostics: distinct(diagnostics),
    recipes: names('recipes').flatMap((name) => {
      const file = recipeFile(project, name);
      return file?.value !== undefined && file.diagnostics.length === 0 ? [file.value] : [];
    }),
    texts: new Map([...texts, ...project.memory.texts]),
  };
}

/** A parameter without a default is no fault of the file: whoever runs it gives one. */
function isLeftToUser(project: Project, name: string, { code, file, span }: Diagnostic): boolean {
  if (code !== 'missing-parameter') return false;
  const parameters = [...(pipelineFile(project, name)?.value?.parameters.values() ?? [])];
  return parameters.some((each) => each.file === file && each.span.start === span.start);
}

/** A fault of a recipe is one of each pipeline that uses it, too. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const known = new Map(
    diagnostics.map((one) => [`${one.file} ${one.span.start} ${one.code} ${one.message}`, one]),
  );
  return [...known.values()];
}

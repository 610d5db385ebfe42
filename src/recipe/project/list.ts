import type { Diagnostic } from '../../base/index.ts';
import { pipelineFile, recipeFile } from './load.ts';
import { namesIn, type LoadedFile, type Project } from './project.ts';

/** A pipeline or recipe as `cidermill list` shows it. */
export interface Listed {
  readonly name: string;
  readonly summary: string;
  /** Relative to the root it belongs to. */
  readonly file: string;
  /** Does it belong to the project, or does it come with the package? */
  readonly own: boolean;
  /** What is wrong with the file by itself. */
  readonly diagnostics: readonly Diagnostic[];
}

/** All pipelines by name; the project's own hides one of the package. */
export function listPipelines(project: Project): Listed[] {
  return namesIn(project, 'pipelines').flatMap((name) =>
    listed(project, name, `pipelines/${name}.yaml`, pipelineFile(project, name)),
  );
}

export function listRecipes(project: Project): Listed[] {
  return namesIn(project, 'recipes').flatMap((name) =>
    listed(project, name, `recipes/${name}.yaml`, recipeFile(project, name)),
  );
}

function listed(
  project: Project,
  name: string,
  file: string,
  loaded: LoadedFile<{ readonly root: string; readonly summary: string }> | undefined,
): Listed[] {
  if (loaded === undefined) return [];
  const { value, diagnostics } = loaded;
  const own = value === undefined || value.root === project.root;
  return [{ name, summary: value?.summary ?? '', file, own, diagnostics }];
}

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Place } from '../../base/index.ts';
import type { BoundStep } from './bind-step.ts';
import type { Recipe, Source } from '../model.ts';
import type { Planning } from './planning.ts';
import { locate } from '../../yaml/shape.ts';
import { suggestOrList } from '../../yaml/suggest.ts';

/**
 * Puts folders of the user's in place of declared sources; what a recipe wants of a source it wants of the folder.
 * @param given "RECIPE.SOURCE" → folder, relative to where the user is; a name that no step has is a fault
 */
export function replaceSources(
  { project, report, target, given: places }: Planning,
  steps: readonly BoundStep[],
  given: Readonly<Record<string, string>>,
): (recipe: Recipe) => Recipe {
  const known = steps.flatMap(({ recipe }) =>
    [...recipe.sources.keys()].map((source) => `${recipe.name}.${source}`),
  );
  const folders = new Map<string, string>();
  for (const [name, path] of Object.entries(given)) {
    const folder = resolve(project.cwd, path);
    const place = places.get(name);
    if (!known.includes(name)) {
      report('unknown-source', place?.key ?? target, `No step has a source "${name}".`, () =>
        suggestOrList(name, known, 'sources'),
      );
    } else if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
      report(
        'missing-file',
        place?.folder ?? target,
        `There is no folder ${path} for the source ${name}.`,
        `It was looked for at ${folder}.`,
      );
    } else folders.set(name, folder);
  }
  if (folders.size === 0) return (recipe) => recipe;
  return (recipe) => ({
    ...recipe,
    sources: new Map(
      [...recipe.sources].map(([name, source]) => {
        const folder = folders.get(`${recipe.name}.${name}`);
        return [
          name,
          folder === undefined
            ? source
            : {
                ...source,
                origins: [userFolder(source, folder, places.get(`${recipe.name}.${name}`)?.folder ?? target)],
              },
        ];
      }),
    ),
  });
}

function userFolder({ origins }: Source, folder: string, place: Place): Source['origins'][number] {
  const only = origins[0]?.value.only;
  return locate({ kind: 'local', path: '.', folder, ...(only === undefined ? {} : { only }) }, place);
}

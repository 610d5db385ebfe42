import { relative, resolve, sep } from 'node:path';
import { lineAndColumn } from '../../../base/index.ts';
import type { LinePosition } from '../../error-event.ts';
import type { Plan, Project } from '../../../recipe/index.ts';
import { checkoutFolder } from './system.ts';

/**
 * A file of the project as its path in the checkout, which CI systems name files by; undefined for one outside of it.
 * @param root absolute: the project's folder
 */
export function checkoutPath(file: string, root: string, env: NodeJS.ProcessEnv): string | undefined {
  const path = relative(checkoutFolder(env) ?? root, resolve(root, file));
  return path === '' || path.startsWith('..') ? undefined : path.split(sep).join('/');
}

/** Where a plan's steps are declared, as far as that is in the checkout. */
export function stepPlaces(plan: Plan, project: Project, env: NodeJS.ProcessEnv): Map<string, LinePosition> {
  const places = new Map<string, LinePosition>();
  for (const { name, file, span } of plan.steps) {
    const text = project.memory.texts.get(file);
    const path = checkoutPath(file, project.root, env);
    if (text !== undefined && path !== undefined)
      places.set(name, { file: path, ...lineAndColumn(text, span.start) });
  }
  return places;
}

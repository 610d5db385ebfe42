import { existsSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { lineAndColumn } from '../../../base/index.ts';
import type { LinePosition } from '../../errors/error-event.ts';
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

/** Where a step's failure is shown; undefined where that is not in the checkout. */
export type PlaceOf = (failure: {
  readonly step: string;
  readonly message: string;
}) => LinePosition | undefined;

/** A failure stands at the line of the script that it begins with, else where its step is declared. */
export function placesOf(plan: Plan, project: Project, env: NodeJS.ProcessEnv): PlaceOf {
  const declared = stepPlaces(plan, project, env);
  return ({ step, message }) => scriptPlace(message, project.root, env) ?? declared.get(step);
}

function scriptPlace(message: string, root: string, env: NodeJS.ProcessEnv): LinePosition | undefined {
  const [, file, line, column] = /^([\w./-]{1,500}):(\d{1,7}):(\d{1,7}): /.exec(message) ?? [];
  if (file === undefined || !existsSync(resolve(root, file))) return undefined;
  const path = checkoutPath(file, root, env);
  return path === undefined ? undefined : { file: path, line: Number(line), column: Number(column) };
}

/** Where a plan's steps are declared, as far as that is in the checkout. */
function stepPlaces(plan: Plan, project: Project, env: NodeJS.ProcessEnv): Map<string, LinePosition> {
  const places = new Map<string, LinePosition>();
  for (const { name, file, span } of plan.steps) {
    const text = project.memory.texts.get(file);
    const path = checkoutPath(file, project.root, env);
    if (text !== undefined && path !== undefined)
      places.set(name, { file: path, ...lineAndColumn(text, span.start) });
  }
  return places;
}

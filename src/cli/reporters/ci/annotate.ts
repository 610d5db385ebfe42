import { resolve } from 'node:path';
import { packageRoot } from '../../../host/index.ts';
import { findProject } from '../../../recipe/index.ts';
import { errorEvents } from '../../errors/error-event.ts';
import { dialects } from './dialect.ts';
import { checkoutPath } from './places.ts';
import type { CiSystem } from './system.ts';

/** More faults than these are in the log alone. */
const mostAnnotations = 50;

/**
 * Makes the lines by which a CI system shows at its place what a command could not do.
 * @param folder the one that the command's project was looked for from
 */
export function annotator(
  system: CiSystem,
  folder = '.',
): (error: unknown, input: string | undefined) => string[] {
  return (error, input) => {
    const { root } = findProject(resolve(folder), packageRoot);
    return errorEvents(error, Date.now(), input)
      .slice(0, mostAnnotations)
      .flatMap(({ code, message, hint, file, line, column }) => {
        const path = file === undefined ? undefined : checkoutPath(file, root, process.env);
        const place =
          path === undefined ? {} : { file: path, ...(line && { line }), ...(column && { column }) };
        const text = hint === undefined ? message : `${message}\nhint: ${hint}`;
        return dialects[system].annotate({ level: 'error', title: code, message: text, ...place });
      });
  };
}

import { decompose } from '../../name.ts';

/** What is wrong with a name as it is stored; undefined when nothing is. */
export function nameProblem(name: string): string | undefined {
  // Stored names have "/" where paths have ":".
  if (name.includes(':')) return 'has a ":"';
  if (name === '.' || name === '..') return `is "${name}"`;
  if (decompose(name) !== name) return 'is not decomposed';
  return undefined;
}

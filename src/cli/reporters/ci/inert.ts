import { ciSystem } from './system.ts';

/**
 * A line that no CI system takes for a command: GitHub's `::name::` at its beginning and `##[name]` anywhere, Azure's
 * `##vso[name]`, GitLab's section markers. A space inside breaks each of them. The line must be `printable` already, but
 * for colours of our own.
 */
export function inert(line: string): string {
  return line
    .replace(/^(\s*):(?=:)/, '$1: ')
    .replace(/##(?=(?:vso)?\[)/gi, '## ')
    .replace(/section_(start|end)(?=:)/gi, 'section_$1 ');
}

/** A text as it may be printed here: in a job of a CI system nothing in it acts. */
export function forCi(text: string): string {
  return ciSystem(process.env) === undefined ? text : inertText(text);
}

/** Each line of a text made inert. */
export function inertText(text: string): string {
  return text.split('\n').map(inert).join('\n');
}

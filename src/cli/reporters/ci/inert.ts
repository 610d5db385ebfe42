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

/** The same for each line of a text. */
export function inertText(text: string): string {
  return text.split('\n').map(inert).join('\n');
}

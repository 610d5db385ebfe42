/**
 * Splits a command as a shell does, as far as makefiles need it: blanks, backslashes, both quotes. What a shell would
 * replace (`$`, backquotes, `*`) stays as it is written.
 */
export function shellWords(command: string): string[] {
  const words: string[] = [];
  // A word is a row of escaped letters, quoted texts and plain letters.
  for (const [word] of command.matchAll(/(?:\\[^]|'[^']*'|"(?:\\[^]|[^"\\])*"|[^\s\\'"])+/g)) {
    words.push(
      word.replace(
        /\\([^])|'([^']*)'|"((?:\\[^]|[^"\\])*)"/g,
        (_, escaped?: string, single?: string, double?: string) =>
          escaped ?? single ?? (double ?? '').replace(/\\([\\"$`])/g, '$1'),
      ),
    );
  }
  return words;
}

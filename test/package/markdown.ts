/** A link of a page, or a picture: where it leads as it is written, and its line from 1. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** A command line that a page shows, and its line from 1. */
export interface ShownCommand {
  readonly text: string;
  readonly line: number;
}

/** The links of a page, outside of code. */
export function linksOf(page: string): Link[] {
  return prose(page).flatMap((text, index) =>
    [...text.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({
      target,
      line: index + 1,
    })),
  );
}

/** What headings can be linked by: GitHub's rule. */
export function anchorsOf(page: string): Set<string> {
  return new Set(
    prose(page).flatMap((line) => {
      const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
      if (heading === undefined) return [];
      return heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-');
    }),
  );
}

/** The lines of code blocks and the spans of code that call cidermill or npm, a line that ends in \ with its next. */
export function commandsOf(page: string): ShownCommand[] {
  const found: ShownCommand[] = [];
  const lines = page.split('\n');
  const fenced = inFences(lines);
  lines.forEach((line, index) => {
    const isCode = fenced[index] === true || line.startsWith('    ');
    const texts = isCode ? [line] : [...line.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
    for (const text of texts) {
      const whole = text.trimEnd().endsWith('\\')
        ? `${text.trimEnd().slice(0, -1)} ${lines[index + 1] ?? ''}`
        : text;
      for (const command of whole.split(/ && | \| |; /)) {
        const called = /^\s*(?:\$ )?(?:sudo |unshare -rn )?((?:npx )?cidermill|npm) (.+)$/.exec(command);
        const [, program = '', rest = ''] = called ?? [];
        // Prose in an indented list is no command: "cidermill is …"; neither is a table's row.
        if (called === null || (isCode && fenced[index] !== true && !/^ {4}\S/.test(line))) continue;
        found.push({ text: `${program.replace('npx ', '')} ${rest}`, line: index + 1 });
      }
    }
  });
  return found;
}

/** The words of a command line without its comment, as a shell would part them. */
export function words(command: string): string[] {
  const parts = command.match(/#.*$|(?:"[^"]*"|'[^']*'|\$\([^)]*\)|[^\s"'])+/g) ?? [];
  const comment = parts.findIndex((part) => part.startsWith('#'));
  return comment < 0 ? parts : parts.slice(0, comment);
}

/** The lines of a page with those in code blocks emptied. */
function prose(page: string): string[] {
  const lines = page.split('\n');
  const fenced = inFences(lines);
  return lines.map((line, index) => (fenced[index] === true || line.startsWith('    ') ? '' : line));
}

function inFences(lines: readonly string[]): boolean[] {
  let open = false;
  return lines.map((line) => {
    if (!line.startsWith('```')) return open;
    open = !open;
    return true;
  });
}

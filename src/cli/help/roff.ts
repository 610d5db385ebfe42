/** Text as roff takes it for itself: no escape, no request at the beginning of a line, a hyphen that can be searched. */
export function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('`', '\\(ga')
    .replaceAll('…', '\\&...')
    .replaceAll('→', '\\->')
    .replaceAll('’', "'")
    .replace(/^(?=[.'])/gm, '\\&');
}

export const section = (title: string): string => `.SH ${quoted(title)}`;
export const subsection = (title: string): string => `.SS ${quoted(title)}`;
export const paragraph = (text: string): string => `.PP\n${plain(text)}`;

/** A term in bold, and what it means indented below. */
export function term(name: string, meaning: string): string {
  return `.TP\n\\fB${plain(name)}\\fR\n${plain(meaning)}`;
}

/** Lines as they are. */
export function verbatim(lines: readonly string[]): string {
  return [
    '.PP',
    '.nf',
    '.RS 4',
    ...lines.map((line) => (line === '' ? '\\&' : plain(line))),
    '.RE',
    '.fi',
  ].join('\n');
}

function quoted(text: string): string {
  return `"${plain(text).replaceAll('"', '\\(dq')}"`;
}

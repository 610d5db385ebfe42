import stringWidth from 'string-width';

const narrow = /^[\x20-\x7e]*$/;
let graphemes: Intl.Segmenter | undefined;

/** Columns that a text without control characters takes in a terminal. */
export function textWidth(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

/** The text, or as much of it as fits with an ellipsis at the end; what a reader sees as one character stays whole. */
export function fit(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let width = 0;
  let end = 0;
  graphemes ??= new Intl.Segmenter();
  for (const { segment } of graphemes.segment(text)) {
    width += textWidth(segment);
    if (width > columns - 1) break;
    end += segment.length;
  }
  return `${text.slice(0, end)}…`;
}

/** The words of a text in lines no wider than `columns`; a word that is wider stays whole, so that it can be copied. */
export function wrap(text: string, columns: number): string[] {
  if (textWidth(text) <= columns) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Like padEnd, in columns. */
export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

/** Lines of a text that are compared, and of a difference that are shown. */
const [mostLines, mostShown] = [2000, 20];

/** A text, where bytes are one: valid UTF-8 without control characters other than white space. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // eslint-disable-next-line no-control-regex -- what no text has
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * The lines that two texts do not share, as diff shows them: `-` before one of the first, `+` before one of the second.
 * @returns undefined where one has too many lines
 */
export function differingLines(first: string, second: string): string[] | undefined {
  const [a, b] = [first.split('\n'), second.split('\n')];
  let begin = 0;
  while (begin < a.length && begin < b.length && a[begin] === b[begin]) begin++;
  let end = 0;
  while (end < a.length - begin && end < b.length - begin && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [mine, theirs] = [a.slice(begin, a.length - end), b.slice(begin, b.length - end)];
  if (mine.length > mostLines || theirs.length > mostLines) return undefined;
  const lines = align(mine, theirs);
  const more = lines.length - mostShown;
  return more <= 0 ? lines : [...lines.slice(0, mostShown), `… ${more} more lines`];
}

/** By the longest sequence of lines that both have. */
function align(a: readonly string[], b: readonly string[]): string[] {
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) [i, j] = [i + 1, j + 1];
    else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`-${a[i++] ?? ''}`);
    else lines.push(`+${b[j++] ?? ''}`);
  }
  return lines;
}

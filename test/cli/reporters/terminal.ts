/** A terminal of given size that knows what the live view uses, and throws on anything else. */
export function terminal(columns: number, rows: number) {
  const history: string[][] = [[]];
  let row = 0;
  let column = 0;
  let cursorShown = true;
  const writes: string[] = [];

  const line = (): string[] => (history[row] ??= []);
  const put = (character: string): void => {
    if (column >= size.columns) {
      row += 1;
      column = 0;
    }
    const cells = line();
    while (cells.length < column) cells.push(' ');
    cells[column] = character;
    column += 1;
  };
  const control = (parameters: string, final: string): void => {
    const count = Number(parameters === '' ? '1' : parameters);
    if (final === 'm' || (parameters === '?2026' && 'hl'.includes(final))) return;
    if (parameters === '?25') cursorShown = final === 'h';
    else if (final === 'A') row = Math.max(0, row - count);
    else if (final === 'B') row += count;
    else if (final === 'G') column = count - 1;
    else if (final === 'K' && parameters === '2') line().length = 0;
    else if (final === 'K' && parameters === '') line().length = Math.min(line().length, column);
    else throw new Error(`the terminal does not know ESC [ ${parameters} ${final}`);
  };
  const size = {
    columns,
    rows,
    isTTY: true,
    writes,
    write: (text: string): void => {
      writes.push(text);
      // eslint-disable-next-line no-control-regex -- what a terminal reads
      for (const [token, parameters, final] of text.matchAll(/\u001b\[([?\d;]*)([@-~])|[^]/gu)) {
        if (final !== undefined) control(parameters ?? '', final);
        else if (token === '\n') {
          row += 1;
          column = 0;
        } else if (/\p{Cc}/u.test(token)) throw new Error(`the terminal got ${JSON.stringify(token)}`);
        else put(token);
      }
    },
    /** All lines ever shown and not erased, as they read. */
    text: (): string => {
      const lines = Array.from(history, (cells: string[] | undefined) => (cells ?? []).join('').trimEnd());
      return `${lines.join('\n').trimEnd()}\n`;
    },
    cursorShown: (): boolean => cursorShown,
  };
  return size;
}

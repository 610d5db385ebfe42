import { createLogUpdate } from 'log-update';
import type { TerminalSink } from '../reporter.ts';
import { columnsOf, type Screen } from './screen.ts';
import { textWidth } from '../../../text/text-width.ts';

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
/** Between these a terminal that knows them shows nothing half drawn. */
const [beginUpdate, endUpdate] = ['\u001b[?2026h', '\u001b[?2026l'];
const eraseLineAndGoUp = '\u001b[2K\u001b[1A';

/** The live part is drawn by log-update into a buffer, so that a frame is one write. */
export function openScreen(stream: TerminalSink): Screen {
  let buffer = '';
  const sink = {
    get columns() {
      return columnsOf(stream);
    },
    get rows() {
      return stream.rows ?? 24;
    },
    write: (text: string) => {
      buffer += text;
      return true;
    },
  };
  // log-update would hide the cursor of the process's standard error, whatever the stream.
  const update = createLogUpdate(sink as unknown as NodeJS.WritableStream, { showCursor: true });
  let hidden = false;
  let shown: { readonly columns: number; readonly widths: readonly number[] } | undefined;

  return {
    draw: (lasting, live) => {
      const columns = columnsOf(stream);
      if (shown !== undefined && columns < shown.columns) {
        // A narrower terminal has broken our lines: go up past the rows that log-update does not know of.
        const extra = shown.widths.reduce(
          (sum, width) => sum + Math.max(0, Math.ceil(width / columns) - 1),
          0,
        );
        buffer += eraseLineAndGoUp.repeat(extra);
        update.clear();
      }
      if (lasting.length > 0 || live.length === 0) {
        if (shown !== undefined) update.clear();
        buffer += lasting.map((line) => `${line}\n`).join('');
      }
      if (live.length > 0) update(live.join('\n'));
      shown = live.length > 0 ? { columns, widths: live.map(visibleWidth) } : undefined;
      if (buffer === '' && hidden === live.length > 0) return;
      const cursor = hidden === live.length > 0 ? '' : live.length > 0 ? hideCursor : showCursor;
      hidden = live.length > 0;
      stream.write(hidden || cursor !== '' ? beginUpdate + buffer + cursor + endUpdate : buffer);
      buffer = '';
    },
  };
}

/** The width of a line of ours: its only escape sequences are colours. */
function visibleWidth(line: string): number {
  // eslint-disable-next-line no-control-regex -- a colour begins with one
  return textWidth(line.replace(/\u001b\[[0-9;]*m/g, ''));
}

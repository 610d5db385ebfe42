import type { RunFile } from '../engine/runs/run-file.ts';
import { productParts, reportPage, timelineOf } from '../report/index.ts';
import { writeText } from './reporters/write-text.ts';
import { printable } from '../text/printable.ts';

/** Writes the page about a run. @throws Failure 'cannot-write' */
export async function writeReport(path: string, run: RunFile): Promise<void> {
  const parts = run.events.flatMap((event) =>
    event.type === 'product-published' ? [productParts(event)] : [],
  );
  await writeOut(path, reportPage(run, timelineOf(run), parts));
}

/** Writes a text to a file, or to standard output, which is "-". @throws Failure 'cannot-write' */
export async function writeOut(path: string, text: string): Promise<void> {
  if (path === '-') {
    process.stdout.write(text);
    return;
  }
  await writeText(path, text);
  console.error(`${printable(path)} is written`);
}

import { writeSync } from 'node:fs';
import type { StepEvent } from './protocol.ts';

/** A progress event is sent at most this often, in milliseconds; the last one of a series may be left out. */
const progressInterval = 100;

let lastProgress = 0;

/** Sends an event to the engine: one line of JSON on file descriptor 3, whose end in this process is a blocking pipe. */
export function send(event: StepEvent): void {
  if (event.type === 'progress') {
    const now = Date.now();
    if (now - lastProgress < progressInterval && event.done !== event.total) return;
    lastProgress = now;
  }
  writeSync(3, `${JSON.stringify(event)}\n`);
}

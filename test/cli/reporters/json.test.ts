import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonReporter } from '../../../src/cli/reporters/json.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import { anyRun } from './any-run.ts';
import { failedRun } from './recorded-run.ts';
import { textSink } from './sink.ts';

function ndjson(events: readonly RunEvent[]): string {
  const sink = textSink();
  const reporter = jsonReporter(sink);
  for (const event of events) reporter.take(event);
  reporter.close();
  return sink.text();
}

describe('the JSON reporter', () => {
  it('writes the events themselves, one a line, as the golden text has them', async () => {
    const events = failedRun.filter(({ type }) => type !== 'step-output');
    await expect(ndjson(events)).toMatchFileSnapshot('golden/failed-run.ndjson');
  });

  it('writes lines from which every event can be read again', () => {
    const lines = ndjson(failedRun).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(failedRun);
  });

  it('writes no control character but the end of the line, whatever happens', () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const text = ndjson(events);
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(text.split('\n')).toHaveLength(events.length + 1);
      }),
    );
  });
});

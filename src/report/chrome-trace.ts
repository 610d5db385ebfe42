import type { Timeline } from './timeline.ts';

/**
 * A run as trace events, which Perfetto, speedscope and chrome://tracing open: complete events ("X") with times in
 * microseconds, a thread for each step that took time, a process for each machine (Trace Event Format).
 */
export function chromeTrace({ steps, length }: Timeline, pipeline: string): string {
  const process = { pid: 1 };
  const workers = [...new Set(steps.flatMap(({ worker }) => worker ?? []))].sort();
  const pidOf = (worker: string | undefined): number =>
    worker === undefined ? 1 : workers.indexOf(worker) + 2;
  const named = (name: string, tid: number, what: string, pid = 1): object => ({
    ...{ ph: 'M', pid, tid, name: what },
    args: { name },
  });
  const events = steps
    .filter(({ spans }) => spans.length > 0)
    .flatMap(({ name, outcome, why, spans, worker }, index) => [
      named(name, index + 1, 'thread_name', pidOf(worker)),
      ...spans.map(({ phase, from, to }) => ({
        ...{
          ph: 'X',
          pid: pidOf(worker),
          tid: index + 1,
          name: phase === 'running' ? name : `${name}: ${phase}`,
        },
        ...{ cat: phase, ts: Math.round(from * 1000), dur: Math.round((to - from) * 1000) },
        args: { outcome, why },
      })),
    ]);
  const whole = {
    ph: 'X',
    ...process,
    tid: 0,
    name: pipeline,
    cat: 'run',
    ts: 0,
    dur: Math.round(length * 1000),
  };
  return JSON.stringify({
    displayTimeUnit: 'ms',
    traceEvents: [
      ...[named('cidermill', 0, 'process_name'), named('run', 0, 'thread_name'), whole],
      ...workers.map((worker) => named(worker, 0, 'process_name', pidOf(worker))),
      ...events,
    ],
  });
}

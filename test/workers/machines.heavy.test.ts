import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { packageRoot } from '../../src/host/index.ts';
import { absence } from '../rig/judges/index.ts';
import { netFault } from '../rig/servers/net-namespaces.ts';
import { below, events, running, uniqueSeconds, type TestProject } from '../rig/project.ts';
import { gather, until } from './rig.ts';
import { slowProject } from './slow.ts';
import { openTeam, type Running, type Team } from './team-of-machines.ts';

vi.setConfig({ testTimeout: 300_000 });

const absent = netFault() ?? absence('nginx') ?? absence('redis');
const team = absent === undefined ? await openTeam() : (undefined as unknown as Team);

const bin = join(packageRoot, 'bin/cidermill.mjs');
const names = ['one', 'two', 'three', 'four'];

interface Trial {
  readonly project: TestProject;
  readonly word: string;
  /** Starts a run of it on the coordinator's machine. */
  start(): { readonly said: () => string; readonly process: ReturnType<Team['coordinator']['start']> };
}

function trial(seconds: number): Trial {
  const word = `machines-${uniqueSeconds()}`;
  const project = slowProject(
    Object.fromEntries(names.map((name) => [name, { word: `${word}-${name}`, seconds }])),
  );
  return {
    ...{ project, word },
    start: () => startRun(project),
  };
}

/** Starts a run on the coordinator's machine. */
function startRun(project: TestProject): ReturnType<Trial['start']> {
  const child = team.coordinator.start(
    [process.execPath, bin, 'run', 'slow', '--json', '--workers', team.address('coordinator')],
    {
      cwd: project.root,
      env: { ...team.env('coordinator'), CIDERMILL_STORE: join(project.root, 'artifacts/.store') },
    },
  );
  return { process: child, said: gather(child) };
}

/** Waits until as many steps run as there are workers. */
async function allAtWork({ word }: Trial, said: () => string): Promise<void> {
  await until(() => running(word).length >= 3, said);
  expect(said()).not.toContain('made on this machine');
}

/** Who makes a step now, by what was told. */
function makerOf(said: string, step: string): string {
  return makersOf(said, step).at(-1) ?? 'undefined';
}

/** Who began to make a step, one after the other. */
function makersOf(said: string, step: string): string[] {
  return events(wholeLines(said))
    .filter((event) => event.type === 'step-started' && event.step === step)
    .map((event) => String(event['worker']));
}

/** Who makes a step now that began last and has not ended. */
function someMaker(said: string): string {
  const all = events(wholeLines(said));
  const done = new Set(all.filter(({ type }) => type === 'step-done').map(({ step }) => step));
  const started = all.filter(({ type, step }) => type === 'step-started' && !done.has(step));
  return String(started.at(-1)?.['worker']);
}

function wholeLines(text: string): string {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .join('\n');
}

function worker(name: string): Running {
  return team.workers[Number(name.slice(1)) - 1] as Running;
}

/** All processes that the workers have started, and those that these have, but for what reads scripts: "NUMBER NAME". */
function allBelow(): string[] {
  return team.workers
    .flatMap(({ process: { pid } }) => below(pid ?? 0))
    .filter((line) => !line.endsWith(' esbuild'));
}

interface Note {
  readonly incident: string;
  /** From the incident to the step's next beginning elsewhere; undefined when it did not begin again. */
  readonly again: number | undefined;
  readonly whole: number;
  readonly madeTwice: number;
}

/** Waits for the end of a run, and for all of its processes; notes what it took. */
async function ended(
  incident: string,
  { word, project }: Trial,
  run: ReturnType<Trial['start']>,
  at: number,
  begun: number,
): Promise<Note> {
  const [code] = (await once(run.process, 'close')) as [number];
  expect(code, run.said()).toBe(0);
  const whole = Date.now() - begun;
  for (const name of names)
    expect(readFileSync(join(project.root, `artifacts/of-${name}/text.txt`), 'utf8')).toBe(name);
  const starts = events(wholeLines(run.said())).filter(({ type }) => type === 'step-started');
  const madeTwice = starts.length - new Set(starts.map(({ step }) => step)).size;
  const seen = new Set<unknown>();
  const again = starts.find(
    ({ step, time }) => (seen.has(step) && Number(time) > at) || (seen.add(step), false),
  );
  // What a worker that was away makes a second time ends by itself.
  await until(
    () => running(word).length === 0,
    () => running(word).join(' '),
  );
  const note = {
    incident,
    again: again === undefined ? undefined : (Number(again['time']) - at) / 1000,
    whole: whole / 1000,
    madeTwice,
  };
  console.log(JSON.stringify(note));
  if (process.env['CIDERMILL_SAID'] !== undefined)
    console.log(run.said(), ...team.workers.map((each) => each.said()));
  return note;
}

describe('a team of machines, each in a network of its own', () => {
  const incidents: readonly [what: string, cause: (said: () => string) => Promise<() => Promise<unknown>>][] =
    [
      [
        'a worker is killed',
        async (said) => {
          const victim = worker(someMaker(said()));
          await victim.stop('SIGKILL');
          return () => victim.start();
        },
      ],
      [
        'a worker is frozen for 20 seconds',
        async (said) => {
          const victim = worker(someMaker(said()));
          victim.process.kill('SIGSTOP');
          await pause(20_000);
          victim.process.kill('SIGCONT');
          return () => Promise.resolve();
        },
      ],
      [
        'a worker is cut off from Redis for 20 seconds',
        async (said) => {
          const { machine } = worker(someMaker(said()));
          machine.cut(team.redis.machine.ip);
          await pause(20_000);
          machine.heal(team.redis.machine.ip);
          return () => Promise.resolve();
        },
      ],
      [
        'a worker is cut off from the cache for 30 seconds',
        async (said) => {
          const { machine } = worker(someMaker(said()));
          machine.cut(team.nginx.machine.ip);
          await pause(30_000);
          machine.heal(team.nginx.machine.ip);
          return () => Promise.resolve();
        },
      ],
      [
        'Redis is killed, and started again after 3 seconds',
        async () => {
          await team.redis.stop('SIGKILL');
          await pause(3000);
          await team.redis.start();
          return () => Promise.resolve();
        },
      ],
      [
        'the cache is away for 10 seconds while steps end',
        async () => {
          await team.nginx.stop('SIGTERM');
          await pause(10_000);
          await team.nginx.start();
          return () => Promise.resolve();
        },
      ],
    ];
  it.each(incidents)('finishes right, and leaves no process, when %s', async (what, cause) => {
    if (absent !== undefined) return;
    const one = trial(8);
    const begun = Date.now();
    const run = one.start();
    await allAtWork(one, run.said);
    await until(() => someMaker(run.said()) !== 'undefined', run.said);
    const at = Date.now();
    const [mend, note] = await Promise.all([cause(run.said), ended(what, one, run, at, begun)]);
    await mend();
    if (note.again !== undefined) expect(note.madeTwice).toBeGreaterThan(0);
  });

  it('tells of two results of one key that differ, with both digests', async (context) => {
    if (absent !== undefined) context.skip(absent);
    const words = ['chance', 'long'].map((name) => `machines-${uniqueSeconds()}-${name}`);
    const project = slowProject({
      chance: { word: words[0] ?? '', seconds: 2, text: 'process.hrtime.bigint()' },
      long: { word: words[1] ?? '', seconds: 40 },
    });
    const run = startRun(project);
    await until(() => makerOf(run.said(), 'chance') !== 'undefined', run.said, 60);
    const frozen = worker(makerOf(run.said(), 'chance'));
    frozen.process.kill('SIGSTOP');
    await until(() => run.said().includes('"type":"step-done","step":"chance"'), run.said, 60);
    frozen.process.kill('SIGCONT');
    const [code] = (await once(run.process, 'close')) as [number];
    expect(code, run.said()).toBe(0);
    const told = events(wholeLines(run.said())).find(({ type }) => type === 'step-differs');
    expect(told).toMatchObject({ step: 'chance', output: 'text' });
    const digest = sha256(readFileSync(join(project.root, 'artifacts/of-chance/text.txt')));
    expect(told?.['kept']).toBe(digest);
    expect(told?.['made']).toMatch(/^[0-9a-f]{64}$/);
    expect(told?.['made']).not.toBe(digest);
  });

  it('fails, and says so, when three workers were lost with a step', async (context) => {
    if (absent !== undefined) context.skip(absent);
    const word = `machines-${uniqueSeconds()}`;
    const run = startRun(slowProject({ one: { word, seconds: 600 } }));
    const closed = once(run.process, 'close');
    for (let number = 1; number <= 3; number++) {
      await until(() => makersOf(run.said(), 'one').length === number, run.said, 60);
      const victim = worker(makerOf(run.said(), 'one'));
      await victim.stop('SIGKILL');
      // Whoever lives finds out that it is gone.
      await victim.start();
    }
    const [code] = (await closed) as [number];
    expect(code).toBe(1);
    const failed = events(wholeLines(run.said())).find(({ type }) => type === 'step-failed');
    expect(failed?.['message']).toMatch(/^3 workers were lost while they made it: w/);
    expect(running(word)).toEqual([]);
  });

  it('gives back at once what a worker makes that is told to stop', async (context) => {
    if (absent !== undefined) context.skip(absent);
    const word = `machines-${uniqueSeconds()}`;
    const run = startRun(slowProject({ one: { word, seconds: 8 } }));
    const closed = once(run.process, 'close');
    await until(() => running(word).length > 0 && makersOf(run.said(), 'one').length === 1, run.said, 60);
    const [first = ''] = makersOf(run.said(), 'one');
    const at = Date.now();
    await worker(first).stop('SIGTERM');
    const stopped = Date.now() - at;
    expect(worker(first).process.exitCode).toBe(0);
    const [code] = (await closed) as [number];
    expect(code, run.said()).toBe(0);
    const all = events(wholeLines(run.said()));
    const [, next] = all.filter(({ type }) => type === 'step-started');
    expect(all.find(({ type }) => type === 'workers-note')?.['message']).toBe(
      `${first} gave one back; ${String(next?.['worker'])} makes it`,
    );
    const again = (Number(next?.['time']) - at) / 1000;
    console.log(JSON.stringify({ incident: 'a worker is told to stop', stopped: stopped / 1000, again }));
    expect(running(word)).toEqual([]);
    await worker(first).start();
  });

  it('stops the steps of a cancelled run on all workers', async (context) => {
    if (absent !== undefined) context.skip(absent);
    const idle = allBelow();
    const one = trial(600);
    const run = one.start();
    await allAtWork(one, run.said);
    const left = (): string[] => allBelow().filter((line) => !idle.includes(line));
    // A sandbox and a script each, at least.
    const steps = left();
    expect(steps.length, steps.join('\n')).toBeGreaterThanOrEqual(6);
    const closed = once(run.process, 'close');
    const at = Date.now();
    run.process.kill('SIGINT');
    await until(
      () => left().length === 0,
      () => left().join('\n'),
      60,
    );
    expect(running(one.word)).toEqual([]);
    const gone = (Date.now() - at) / 1000;
    const [code] = (await closed) as [number];
    expect(code).not.toBe(0);
    console.log(
      JSON.stringify({
        incident: 'a run is cancelled',
        processes: steps.length,
        gone,
        ended: (Date.now() - at) / 1000,
      }),
    );
  });

  it('finishes right when the coordinator is killed and started again', async (context) => {
    if (absent !== undefined) context.skip(absent);
    const one = trial(8);
    const begun = Date.now();
    const first = one.start();
    await allAtWork(one, first.said);
    first.process.kill('SIGKILL');
    const at = Date.now();
    await once(first.process, 'close');
    await ended('the coordinator is killed, and started again', one, one.start(), at, begun);
  });

  it('stops what a killed coordinator wanted, when nobody asks for it any more', async (context) => {
    if (absent !== undefined) context.skip(absent);
    const one = trial(600);
    const first = one.start();
    await allAtWork(one, first.said);
    first.process.kill('SIGKILL');
    const at = Date.now();
    await until(
      () => running(one.word).length === 0,
      () => running(one.word).join(' '),
      60,
    );
    console.log(
      JSON.stringify({ incident: 'orphans of a killed coordinator', gone: (Date.now() - at) / 1000 }),
    );
  });
});

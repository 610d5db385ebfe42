import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import type { RunEvent, RunFile } from '../../src/engine/index.ts';
import { parseRun } from '../../src/engine/runs/run-file.ts';
import { chromeTrace, productParts, reportPage, timelineOf } from '../../src/report/index.ts';
import { events, stepModule, testProject } from '../rig/project.ts';
import { failedRun, firstRun } from '../cli/reporters/recorded-run.ts';
import { freshFolder } from '../rig/folder.ts';

const after: Readonly<Record<string, readonly string[]>> = {
  seabios: ['buildroot'],
  probe: ['buildroot'],
  qemu: ['buildroot'],
  disk: ['qemu'],
  smoke: ['seabios', 'qemu', 'probe', 'iso', 'disk'],
};

/** A run of recorded events, its steps in the order of a plan. */
function runOf(recorded: readonly RunEvent[]): RunFile {
  const started = recorded.find((event) => event.type === 'run-started');
  return {
    header: {
      ...{ type: 'run-recorded', format: 1, id: '20260101T000000-0000', pipeline: 'quickstart' },
      ...{ project: '/home/ann/mill', cidermill: '0.1.0' },
      machine: {
        ...{
          node: 'v20.19.0',
          platform: 'linux-x64',
          release: '6.1.0',
          cpu: 'a CPU',
          cpus: 2,
          memory: 2 ** 33,
        },
      },
      steps: (started?.steps ?? []).map((name) => ({
        name,
        recipe: name,
        after: after[name] ?? [],
        from: {},
      })),
    },
    events: recorded,
    made: new Map(),
  };
}

const pageOf = (run: RunFile): string => reportPage(run, timelineOf(run), []);

describe('the timeline of a run', () => {
  it('has each step from when it could begin to its end, in parts that do not overlap', () => {
    const { steps, length } = timelineOf(runOf(firstRun));
    expect(length).toBe(189_200);
    for (const { begin, end, spans, name } of steps) {
      expect(spans.length, name).toBeGreaterThan(0);
      expect(spans[0]?.from, name).toBeGreaterThanOrEqual(begin);
      expect(spans.at(-1)?.to, name).toBe(end);
      spans
        .slice(1)
        .forEach((span, index) => expect(span.from, name).toBeGreaterThanOrEqual(spans[index]?.to ?? NaN));
    }
  });

  it('knows the steps that the end has waited for', () => {
    expect(timelineOf(runOf(firstRun)).criticalPath).toEqual(['buildroot', 'qemu', 'disk', 'smoke']);
  });

  it('passes through a step that was cached, once it could be decided on', () => {
    const cached = firstRun.flatMap((event): RunEvent[] => {
      if (!('step' in event) || event.step !== 'qemu') return [event];
      const { time, step } = event;
      return event.type === 'step-done'
        ? [{ time, type: 'step-cached', step, key: event.key, notes: [] }]
        : [];
    });
    expect(cached.length).toBeLessThan(firstRun.length);
    expect(timelineOf(runOf(cached)).criticalPath).toEqual(['buildroot', 'disk', 'smoke']);
  });

  it('tells a step that failed, one that was skipped, and what was cached', () => {
    const outcomes = Object.fromEntries(
      timelineOf(runOf(failedRun)).steps.map(({ name, outcome }) => [name, outcome]),
    );
    expect(outcomes).toMatchObject({ buildroot: 'cached', qemu: 'failed', smoke: 'skipped', iso: 'done' });
  });

  it('is trace events in microseconds, a thread for each step that took time', () => {
    const trace = JSON.parse(chromeTrace(timelineOf(runOf(firstRun)), 'quickstart')) as {
      traceEvents: { ph: string; name: string; tid: number; ts?: number; dur?: number }[];
    };
    const complete = trace.traceEvents.filter(({ ph }) => ph === 'X');
    expect(complete[0]).toMatchObject({ name: 'quickstart', tid: 0, ts: 0, dur: 189_200_000 });
    expect(complete.every(({ ts = -1, dur = -1 }) => ts >= 0 && dur >= 0)).toBe(true);
    expect(new Set(complete.map(({ tid }) => tid)).size).toBe(8);
  });
});

describe('the page of a run', () => {
  it('says what failed with the end of its log, and why each step ran', () => {
    const page = pageOf(runOf(failedRun));
    const failed = failedRun.find((event) => event.type === 'step-failed');
    expect(failed?.tail.length).toBeGreaterThan(0);
    expect(page).toContain('What failed');
    expect(page).toContain('recipes/qemu.yaml:21 the parameter devices changed');
  });

  it('lets nothing that a step says act as markup', () => {
    const hostile = '<script>alert(1)</script><img src=x onerror="y">&amp;';
    const page = pageOf(
      runOf([
        { time: 1, type: 'run-started', pipeline: 'p', steps: [hostile] },
        { time: 2, type: 'step-started', step: hostile, key: sha256('a'), why: [hostile], log: hostile },
        {
          ...{ time: 3, type: 'step-failed', step: hostile, code: 'bug', message: hostile, hint: hostile },
          ...{ temporary: false, tail: [hostile], log: hostile },
        },
      ]),
    );
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toMatch(/<script|<img src=x/);
  });

  it('asks for nothing from outside: it has no address, no script and a policy that forbids both', () => {
    const page = pageOf(runOf(firstRun));
    expect(page).toContain('default-src &#39;none&#39;');
    expect(page).not.toMatch(/https?:|<script|<link|@import|url\(/);
  });

  it('shows the files of a product only as the run has published them', () => {
    const folder = freshFolder();
    const picture = readFileSync(join(import.meta.dirname, '../../docs/loader.png'));
    mkdirSync(join(folder, 'pictures'));
    const write = (
      path: string,
      bytes: Buffer,
    ): { path: string; size: number; digest: ReturnType<typeof sha256> } => {
      writeFileSync(join(folder, path), bytes);
      return { path, size: bytes.length, digest: sha256(bytes) };
    };
    const files = [
      write('pictures/a.png', picture),
      write('b.png', picture),
      write('milestones.txt', Buffer.from('1 firmware\n')),
    ];
    const event = {
      ...{ time: 1, type: 'product-published' as const, product: 'p', path: folder, unchanged: false },
      ...{ entries: [], next: [], files },
    } as const;
    expect(productParts(event)).toMatchObject({ milestones: '1 firmware\n', altered: [] });
    expect(productParts(event).pictures.map(({ path }) => path)).toEqual(['pictures/a.png', 'b.png']);
    writeFileSync(join(folder, 'b.png'), Buffer.from(picture).fill(0, 100, 200));
    expect(productParts(event).pictures.map(({ path }) => path)).toEqual(['pictures/a.png']);
    expect(productParts(event).altered).toEqual(['b.png']);
  });
});

describe('cidermill report', () => {
  const project = (): ReturnType<typeof testProject> =>
    testProject({
      'recipes/word.yaml':
        'recipe: word\nsummary: A word\nenvironment: none\nscript: scripts/word.ts\noutputs: { text: text.txt }\n',
      'scripts/word.ts': `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output } = await step();
writeFileSync('text.txt', 'apple');
await output('text', 'text.txt');
`,
    });

  it('writes the page of the newest run, and of a file that came from elsewhere', async () => {
    const own = project();
    expect((await own.run(['run', 'word'])).code).toBe(0);
    const made = await own.run(['report', '-o', 'out.html']);
    expect([made.code, made.stderr]).toEqual([0, 'out.html is written\n']);
    const page = readFileSync(join(own.root, 'out.html'), 'utf8');
    expect(page).toContain('<title>word: done</title>');
    expect(page).toContain('it has not run here before');
    const file = (await own.run(['runs', 'show', '--json'])).stdout;
    const other = testProject({ 'recipes/.keep': '', 'run.ndjson': file });
    const elsewhere = await other.run(['report', 'run.ndjson', '-o', '-']);
    expect([elsewhere.code, elsewhere.stdout.includes('<title>word: done</title>')]).toEqual([0, true]);
  });

  it('takes a run in which events lack fields, and leaves those out', async () => {
    const own = project();
    const run = await own.run(['run', 'word', '--json']);
    const text = (await own.run(['runs', 'show', '--json'])).stdout;
    expect(events(run.stdout).some(({ type }) => type === 'product-published')).toBe(true);
    const damaged = text
      .split('\n')
      .map((line) => line.replace(/"entries":\[.*?\],/, '').replace(/"why":\[[^\]]*\]/, '"why":3'))
      .join('\n');
    expect(damaged).not.toBe(text);
    const types = (from: string): string[] => parseRun(from, 'it').events.map(({ type }) => type);
    expect(types(text)).toEqual(expect.arrayContaining(['step-started', 'product-published']));
    expect(types(damaged)).not.toContain('step-started');
    expect(types(damaged)).not.toContain('product-published');
    own.write('damaged.ndjson', damaged);
    expect((await own.run(['report', 'damaged.ndjson', '-o', '-'])).code).toBe(0);
  });
});

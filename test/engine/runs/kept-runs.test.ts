import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/base/index.ts';
import { newRunId } from '../../../src/engine/runs/keep-again.ts';
import { dropOldRuns, keptRuns, runsFolder } from '../../../src/engine/runs/kept-runs.ts';
import { mostFiles, mostRuns } from '../../../src/engine/runs/limits.ts';
import { parseRun } from '../../../src/engine/runs/run-file.ts';
import { openStore } from '../../../src/store/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { said, stepModule, testProject, type TestProject } from '../../rig/project.ts';

const recipe = (name: string, more: string): string => `recipe: ${name}
summary: A text
${more}environment: none
script: scripts/${name}.ts
outputs: { text: text.txt }
`;

/** Two steps, the second of the first one's output, and a third of its own. */
function threeSteps(): TestProject {
  const write = (text: string): string => `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output, input, text, progress } = await step();
void [input, text];
console.log('what it prints');
progress(1, 2, 'milestones', 'the first of two');
progress(1, 2, 'files');
writeFileSync('text.txt', ${text});
await output('text', 'text.txt');
`;
  return testProject({
    'recipes/first.yaml': recipe('first', 'parameters: { word: { type: string, default: one } }\n'),
    'recipes/second.yaml': recipe('second', 'inputs: { before: the first text }\n'),
    'recipes/third.yaml': recipe('third', ''),
    'scripts/first.ts': write(`text('word')`),
    'scripts/second.ts': write(`input('before').length.toString()`),
    'scripts/third.ts': write(`'three'`),
    'pipelines/words.yaml': `pipeline: words
summary: Three texts
parameters: { word: { type: string, default: one } }
steps:
  first: { recipe: first, with: { word: '\${word}' } }
  second: { recipe: second, with: { before: '\${first.text}' } }
  third: { recipe: third }
`,
  });
}

const idsOf = (project: TestProject): string[] =>
  readdirSync(join(project.root, 'artifacts/.store/v1/history/runs'))
    .map((name) => name.replace('.ndjson', ''))
    .sort();

describe('the runs that are kept', () => {
  it('have IDs whose order is the order of their begin, within a second too', () => {
    const ids = [0, 1, 999, 1000].map((later) => newRunId(new Date(Date.UTC(2026, 0, 1) + later)));
    expect([...ids].reverse().sort()).toEqual(ids);
    const folder = freshFolder();
    const store = openStore(folder);
    mkdirSync(runsFolder(store), { recursive: true });
    // The last is of a time when IDs had no milliseconds.
    const all = [...ids.reverse(), '20251231T235959-ffff'];
    for (const id of all) writeFileSync(join(runsFolder(store), `${id}.ndjson`), '');
    expect(keptRuns(store)).toEqual(all);
  });

  it('are told apart by the step that differs, and what follows from it, here and on another machine', async () => {
    const project = threeSteps();
    expect((await project.run(['run', 'words'])).code).toBe(0);
    expect((await project.run(['run', 'words'])).code).toBe(0);
    const changed = await project.run(['run', 'words', '--set', 'word=two']);
    expect(changed.code, changed.stderr).toBe(0);
    const [first = '', noOp = '', second = ''] = idsOf(project);

    const list = await project.run(['runs']);
    expect(
      list.stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/^(\S+) .* (\d+ run.*)$/, '$1 $2')),
    ).toEqual([`${second} 2 run, 1 cached`, `${noOp} 0 run, 3 cached`, `${first} 3 run, 0 cached`]);

    const same = await project.run(['runs', 'diff', first, noOp]);
    expect([same.code, same.stdout]).toEqual([0, 'the same: first, second, third\n']);
    const differs = await project.run(['runs', 'diff', first, second]);
    expect(differs.code).toBe(1);
    expect(differs.stdout).toBe(
      'first\n  the parameter word was "one", is "two"\nsecond  follows from first (its input before)\nthe same: third\n',
    );

    // What was cached is completed from the store, so that a file says all by itself.
    const file = (await project.run(['runs', 'show', noOp, '--json'])).stdout;
    const other = testProject({ 'recipes/.keep': '', 'run.ndjson': file });
    const newer = (await project.run(['runs', 'show', second, '--json'])).stdout;
    other.write('newer.ndjson', newer);
    const elsewhere = await other.run(['runs', 'diff', 'run.ndjson', 'newer.ndjson']);
    expect([elsewhere.code, elsewhere.stdout]).toEqual([1, differs.stdout]);
  });

  it('hold what happened, but not what a step prints and no progress but milestones', async () => {
    const project = threeSteps();
    await project.run(['run', 'words']);
    const [id = ''] = idsOf(project);
    const text = readFileSync(join(project.root, 'artifacts/.store/v1/history/runs', `${id}.ndjson`), 'utf8');
    expect(text).toContain('the first of two');
    expect(text).not.toContain('what it prints');
    expect(text).not.toContain('"files"');
    const { header, events, made } = parseRun(text, id);
    expect(header.steps.map(({ name, after }) => [name, after])).toEqual([
      ['first', []],
      ['second', ['first']],
      ['third', []],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'done', executed: 3 });
    expect([...made.keys()].sort()).toEqual(['first', 'second', 'third']);
  });

  it('have one that was killed, without its end', async () => {
    const project = testProject({
      'recipes/long.yaml': recipe('long', ''),
      'scripts/long.ts': "console.log('it has begun');\nfor (;;);\n",
    });
    const child = project.start(['run', 'long', '--json']);
    await said(child.stdout, /it has begun/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const list = await project.run(['runs', '--json']);
    expect(JSON.parse(list.stdout)).toMatchObject([
      { pipeline: 'long', outcome: 'not finished', executed: 0 },
    ]);
    expect((await project.run(['runs', 'show'])).stdout).toMatch(
      /long +did not end\n +it has not run here before/,
    );
  });

  it('are refused by name when they are not there, or not runs', async () => {
    const project = testProject({ 'recipes/.keep': '', 'notes.txt': 'apples\n' });
    const missing = await project.run(['runs', 'show', '2026']);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining('there is no run and no file 2026'),
    ]);
    const other = await project.run(['runs', 'show', 'notes.txt']);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining('notes.txt is not a run of cidermill'),
    ]);
    expect((await project.run(['runs'])).stdout).toBe('no run is kept yet\n');
  });

  it('are not more than a number, and not older than a time', () => {
    const store = openStore(freshFolder());
    const now = Date.UTC(2026, 5, 1);
    const idAt = (time: number, digits: number): string =>
      `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-${digits.toString(16).padStart(4, '0')}`;
    mkdirSync(runsFolder(store), { recursive: true });
    const write = (id: string): void => writeFileSync(join(runsFolder(store), `${id}.ndjson`), '');
    const recent = Array.from({ length: mostFiles + 1 }, (_, n) => idAt(now - n * 60_000, n));
    recent.forEach(write);
    dropOldRuns(store, now);
    expect(keptRuns(store)).toEqual(recent.slice(0, mostRuns));
    write(idAt(now - 91 * 86_400_000, 1));
    write(idAt(now - 89 * 86_400_000, 2));
    dropOldRuns(store, now);
    expect(keptRuns(store)).toEqual([...recent.slice(0, mostRuns), idAt(now - 89 * 86_400_000, 2)]);
  });
});

describe('a file that is said to be a run', () => {
  const header = {
    type: 'run-recorded',
    format: 1,
    id: '20260101T000000-0000',
    pipeline: 'p',
    project: '/p',
    cidermill: '0',
    machine: {},
    steps: [{ name: 'a', recipe: 'a', after: [], from: {} }],
  };
  const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

  it('is read up to a last line that is cut off', () => {
    const text = `${line(header)}${line({ type: 'run-started', time: 1, pipeline: 'p', steps: ['a'] })}{"type":"step-do`;
    expect(parseRun(text, 'it').events).toHaveLength(1);
  });

  it.each([
    ['nothing', ''],
    ['a line that is no object', `${line(header)}[]\n`],
    ['a line that is no JSON', `${line(header)}{\n{}\n`],
    ['another format', line({ ...header, format: 2 })],
    ['no steps', line({ ...header, steps: undefined })],
    ['a step without a name', line({ ...header, steps: [{ recipe: 'a', after: [], from: {} }] })],
    [
      'a step after something that is no name',
      line({ ...header, steps: [{ ...header.steps[0], after: [1] }] }),
    ],
  ])('is refused when it has %s', (_, text) => {
    expect(() => parseRun(text, 'it')).toThrow(Failure);
  });
});

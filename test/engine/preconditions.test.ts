import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { events, stepModule, stepsOf, testProject, type TestProject } from '../rig/project.ts';

/** A step that could run, and one after it whose recipe has a check. */
function checked(check: string): TestProject {
  const script = `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output } = await step();
writeFileSync('text', 'text');
await output('text', 'text');
`;
  const project = testProject({
    'recipes/first.yaml':
      'recipe: first\nsummary: First\nenvironment: none\nscript: scripts/first.ts\noutputs: { text: text }\n',
    'recipes/press.yaml': `recipe: press
summary: Presses
parameters: { stones: { type: integer, default: 2 } }
inputs: { before: what was before, own: a file }
sources: { tree: { url: "http://127.0.0.1:1/tree.tar" } }
environment: none
script: scripts/first.ts
check: scripts/press-check.ts
outputs: { text: text }
`,
    'pipelines/all.yaml': `pipeline: all
summary: All
parameters: { own: { type: file, default: own.txt } }
steps:
  first: { recipe: first }
  press: { recipe: press, with: { before: "\${first.text}", own: "\${own}" } }
`,
    'own.txt': 'own',
    'scripts/first.ts': script,
    'scripts/press-check.ts': `import { readdirSync, readFileSync } from 'node:fs';
import { check } from ${stepModule};
const { source, input, number, text, fault, note } = await check();
${check}
`,
  });
  mkdirSync(join(project.root, 'tree'));
  writeFileSync(join(project.root, 'tree/Makefile'), 'all:\n');
  return project;
}

const tree = ['--source', 'press.tree=tree'];

describe('the check that a recipe names', () => {
  const looks = `note(JSON.stringify([readdirSync(source('tree')), input('before') ?? null, readFileSync(input('own'), 'utf8'), number('stones')]));`;

  it('is given what is here before any step, and its notes are told by plan', async () => {
    const project = checked(looks);
    const plan = await project.run(['plan', 'all', ...tree, '--json']);
    expect(plan.code, plan.stderr).toBe(0);
    const { findings } = JSON.parse(plan.stdout) as { findings: unknown[] };
    expect(findings).toEqual([
      { state: 'note', what: 'press', message: '[["Makefile"],null,"own",2]', steps: ['press'] },
    ]);
  });

  it('is told by run before any step is made', async () => {
    const project = checked(`note('it will press nothing', { hint: 'More stones press.' });`);
    const run = await project.run(['run', 'all', ...tree, '--json']);
    expect(run.code, run.stderr).toBe(0);
    const told = events(run.stdout).filter(({ type }) => type === 'check-note' || type === 'step-started');
    expect(told.map(({ type, step }) => [type, step])).toEqual([
      ['check-note', 'press'],
      ['step-started', 'first'],
      ['step-started', 'press'],
    ]);
    project.write('own.txt', 'another');
    const plain = await project.run(['run', 'all', ...tree]);
    expect(plain.stdout).toMatch(/^press +note: it will press nothing\n +hint: More stones press\.$/m);
  });

  it('keeps a run from beginning by a fault, with all of its faults', async () => {
    const project = checked(
      `fault('the tree is too old', { about: 'tree', hint: 'Take a newer one.' }); fault('too few stones', { about: 'stones' });`,
    );
    const run = await project.run(['run', 'all', ...tree, '--json']);
    expect(run.code).toBe(1);
    expect(stepsOf(run.stdout, 'step-started')).toEqual([]);
    expect(run.stderr).toContain('press: the tree is too old');
    expect(run.stderr).toContain('press: too few stones');
    expect(run.stderr).toContain('hint: Take a newer one.');
    const plan = await project.run(['plan', 'all', ...tree]);
    expect(plan.code).toBe(1);
    expect(plan.stdout).toMatch(/FAULT {2}press: the tree is too old\n +→ Take a newer one\.\n/);
    const doctor = await project.run(['doctor', 'all', ...tree, '--json']);
    expect(doctor.code).toBe(1);
    expect(JSON.parse(doctor.stdout)).toEqual([
      { name: 'tree', state: 'fault', finding: 'press: the tree is too old', mend: 'Take a newer one.' },
      { name: 'stones', state: 'fault', finding: 'press: too few stones' },
    ]);
  });

  it('is not asked about a step that is cached', async () => {
    const project = checked(`if (number('stones') > 2) fault('too many stones');`);
    const run = await project.run(['run', 'all', ...tree]);
    expect(run.code, run.stdout + run.stderr).toBe(0);
    project.write('scripts/press-check.ts', `process.exit(3);\n`);
    const again = await project.run(['run', 'all', ...tree, '--json']);
    expect([again.code, stepsOf(again.stdout, 'step-cached')]).toEqual([0, ['first', 'press']]);
    expect((await project.run(['plan', 'all', ...tree])).stdout).toContain('Nothing to run');
  });

  it.each([
    [
      'throws',
      `throw new Error('the check is broken');`,
      /the check scripts\/press-check\.ts failed: scripts\/press-check\.ts:4:7: the script failed: the check is broken/,
    ],
    [
      'ends by itself',
      `process.exit(3);`,
      /the check scripts\/press-check\.ts failed: it ended with exit code 3/,
    ],
    ['uses what is not declared', `source('tee');`, /uses the source "tee", .*declared: tree/],
    ['reads a parameter as another type', `text('stones');`, /reads the parameter "stones" as text/],
  ])('that %s is a fault itself', async (_what, check, message) => {
    const plan = await checked(check).run(['plan', 'all', ...tree]);
    expect(plan.code).toBe(1);
    expect(plan.stdout).toMatch(message);
  });

  it('that is not there is a fault of the recipe', async () => {
    const project = checked('');
    project.write(
      'recipes/press.yaml',
      'recipe: press\nsummary: s\nenvironment: none\nscript: scripts/first.ts\ncheck: scripts/no.ts\noutputs: { text: text }\n',
    );
    const { code, stderr } = await project.run(['plan', 'press']);
    expect(code).toBe(2);
    expect(stderr).toContain('There is no script scripts/no.ts.');
  });
});

describe("a project's check where no sandbox can be made", () => {
  // A world within bubblewrap that has no further namespaces.
  const world = [
    '--bind',
    '/',
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--unshare-user',
    '--disable-userns',
  ];
  const plan = (project: TestProject, ...more: string[]): string => {
    const cidermill = [
      process.execPath,
      join(packageRoot, 'bin/cidermill.mjs'),
      'plan',
      'all',
      ...tree,
      ...more,
    ];
    const env = { ...process.env, CIDERMILL_STORE: join(project.root, 'artifacts/.store'), NO_COLOR: '1' };
    const { stdout, stderr } = spawnSync('bwrap', [...world, ...cidermill], {
      ...{ cwd: project.root, env, encoding: 'utf8' },
    });
    return stdout + stderr;
  };

  it('does not run, and a note says so; with --environment host it runs as the steps do', () => {
    const project = checked(`fault('the check has run');`);
    const sandboxed = plan(project);
    expect(sandboxed).toContain('the check scripts/press-check.ts was not run: no sandbox can be made here');
    expect(sandboxed).not.toContain('the check has run');
    const onHost = plan(project, '--environment', 'host');
    expect(onHost).toContain('the check has run');
    expect(onHost).not.toContain('was not run');
  });
});

describe('what a run needs', () => {
  it('is looked at before any step: a folder given that is empty', async () => {
    const project = checked('');
    mkdirSync(join(project.root, 'empty'));
    const empty = await project.run(['run', 'all', '--source', 'press.tree=empty', '--json']);
    expect(empty.code).toBe(1);
    expect(empty.stderr).toMatch(/press: the folder \S+\/empty is empty/);
    expect(events(empty.stdout).some(({ type }) => type === 'step-started')).toBe(false);
    expect(existsSync(join(project.root, 'artifacts/all'))).toBe(false);
  });
});

import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wordProject } from '../rig/word-project.ts';
import {
  events,
  running,
  said,
  stepModule,
  stepsOf,
  uniqueSeconds,
  type TestProject,
} from '../rig/project.ts';

describe('a run', () => {
  it('makes the product, and the second time executes nothing', async () => {
    const project = wordProject();
    const first = await project.run(['run', 'words', '--json']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(first.stdout, 'step-done')).toEqual(['count', 'frame']);
    expect(readFileSync(join(project.root, 'artifacts/words/framed.txt'), 'utf8')).toBe('[3]');

    const second = await project.run(['run', 'words', '--json']);
    expect(stepsOf(second.stdout, 'step-cached')).toEqual(['count', 'frame']);
    expect(stepsOf(second.stdout, 'step-started')).toEqual([]);
    expect(events(second.stdout).at(-1)).toMatchObject({
      type: 'run-finished',
      outcome: 'done',
      executed: 0,
      cached: 2,
    });
    expect(
      events(second.stdout).find(({ step, type }) => type === 'step-cached' && step === 'frame'),
    ).toMatchObject({
      notes: ['framed'],
    });
  });

  it('stops the wave where a step that runs again makes what it made', async () => {
    const project = wordProject();
    await project.run(['run', 'words']);
    const script = join(project.root, 'scripts/count.ts');
    const lines = readFileSync(script, 'utf8').split('\n');
    writeFileSync(script, [...lines.slice(0, 3), '// a comment', ...lines.slice(3)].join('\n'));

    const plan = await project.run(['plan', 'words']);
    expect(plan.stdout).toContain('scripts/count.ts:4 changed');
    expect(plan.stdout).toMatch(/frame +cached, unless count makes a different output than last time/);
    expect(plan.stdout).toContain('Only 1 of 2 steps will run: count');

    const again = await project.run(['run', 'words', '--json']);
    expect(stepsOf(again.stdout, 'step-done')).toEqual(['count']);
    expect(stepsOf(again.stdout, 'step-cached')).toEqual(['frame']);
    expect(events(again.stdout).find(({ type }) => type === 'step-done')).toMatchObject({ unchanged: true });
  });

  it('names the line of a flag that changed', async () => {
    const project = wordProject();
    await project.run(['run', 'words']);
    const recipe = readFileSync(join(project.root, 'recipes/count.yaml'), 'utf8');
    project.write('recipes/count.yaml', recipe.replace('      - -w\n', '      - -c\n'));
    const plan = await project.run(['plan', 'words']);
    expect(plan.stdout).toMatch(/recipes\/count\.yaml:7: -c is new in flags/);
    expect(plan.stdout).toMatch(/-w is gone from flags/);
  });

  it('sees a changed source, and not that it was touched', async () => {
    const project = wordProject();
    await project.run(['run', 'words']);
    project.write('words.txt', 'one two three\n');
    expect((await project.run(['plan', 'words'])).stdout).toContain('Nothing to run');
    project.write('words.txt', 'one two\n');
    expect((await project.run(['plan', 'words'])).stdout).toContain('the source words changed');
    await project.run(['run', 'words']);
    expect(readFileSync(join(project.root, 'artifacts/words/framed.txt'), 'utf8')).toBe('[2]');
  });

  it('has the same keys in another folder, under another locale and time zone', async () => {
    const [one, other] = [wordProject(), wordProject()];
    const keys = async (project: TestProject, env: Record<string, string>): Promise<unknown[]> => {
      const { stdout } = await project.run(['run', 'words', '--json'], env);
      return events(stdout)
        .filter(({ type }) => type === 'step-done')
        .map(({ key }) => key);
    };
    const here = await keys(one, { LC_ALL: 'C', TZ: 'UTC' });
    expect(here).toHaveLength(2);
    expect(await keys(other, { LC_ALL: 'C.UTF-8', TZ: 'Asia/Tokyo', HOME: '/nonexistent' })).toEqual(here);
  });

  it('keeps a product that its user has changed when a newer one is published', async () => {
    const project = wordProject();
    await project.run(['run', 'words']);
    const old = join(project.root, 'artifacts/.products/words');
    const [before] = readdirSync(old);
    writeFileSync(join(old, before ?? '', 'framed.txt'), 'my work');
    project.write('words.txt', 'one\n');
    await project.run(['run', 'words']);
    expect(readFileSync(join(old, before ?? '', 'framed.txt'), 'utf8')).toBe('my work');
    expect(readFileSync(join(project.root, 'artifacts/words/framed.txt'), 'utf8')).toBe('[1]');
    expect(lstatSync(join(project.root, 'artifacts/words')).isSymbolicLink()).toBe(true);
  });

  it('puts back a file that was deleted from a product, and leaves the others alone', async () => {
    const project = wordProject();
    await project.run(['run', 'words']);
    const file = join(project.root, 'artifacts/words/framed.txt');
    rmSync(file);
    await project.run(['run', 'words']);
    expect(readFileSync(file, 'utf8')).toBe('[3]');
  });
});

describe('a step that fails', () => {
  it('is shown with its last lines and its log, and leaves nothing behind', async () => {
    const project = wordProject();
    project.write(
      'scripts/count.ts',
      `import { step } from ${stepModule};
const { $ } = await step();
await $\`echo before it broke; exit 7\`;
`,
    );
    const { code, stdout } = await project.run(['run', 'words', '--json']);
    expect(code).toBe(1);
    const failed = events(stdout).find(({ type }) => type === 'step-failed');
    expect(failed).toMatchObject({ step: 'count', message: 'a command ended with exit code 7' });
    expect(failed?.['tail']).toContain('before it broke');
    expect(readFileSync(failed?.['log'] as string, 'utf8')).toContain('before it broke');
    expect(stepsOf(stdout, 'step-skipped')).toEqual(['frame']);
    expect(readdirSync(join(project.root, 'artifacts/.store/v1/tmp'))).toEqual([]);
    expect(existsSync(join(project.root, 'artifacts/words'))).toBe(false);
    expect((await project.run(['log', 'words', 'count'])).stdout).toContain('before it broke');
  });

  it('has failed when it ends well without a declared output', async () => {
    const project = wordProject();
    project.write('scripts/count.ts', `import { step } from ${stepModule};\nawait step();\n`);
    const { code, stdout } = await project.run(['run', 'words', '--json']);
    expect(code).toBe(1);
    expect(events(stdout).find(({ type }) => type === 'step-failed')?.['message']).toMatch(
      /did not create its output "count" \(count\.txt\)/,
    );
  });

  it('does not stop what does not need it under --keep-going', async () => {
    const project = wordProject();
    project.write(
      'recipes/fail.yaml',
      'recipe: fail\nsummary: Fails\nenvironment: none\nscript: scripts/fail.ts\noutputs: { x: x }\n',
    );
    project.write(
      'scripts/fail.ts',
      `import { step } from ${stepModule};\nawait step();\nthrow new Error('on purpose');\n`,
    );
    project.write(
      'pipelines/both.yaml',
      'pipeline: both\nsummary: One fails\nsteps:\n  fail: { recipe: fail }\n  count: { recipe: count }\n  frame: { recipe: frame, with: { text: "${count.count}" } }\n',
    );
    const { code, stdout } = await project.run(['run', 'both', '--json', '--keep-going', '--jobs', '1']);
    expect(code).toBe(1);
    expect(stepsOf(stdout, 'step-failed')).toEqual(['fail']);
    expect(stepsOf(stdout, 'step-done')).toEqual(['count', 'frame']);
  });
});

describe('a run that is interrupted', () => {
  it('ends its children and leaves a sound store, with exit code 130', async () => {
    const project = wordProject();
    const seconds = uniqueSeconds();
    project.write(
      'scripts/count.ts',
      `import { step } from ${stepModule};
const { $ } = await step();
await $\`echo waiting; exec sleep ${seconds}\`;
`,
    );
    const child = project.start(['run', 'words', '--json']);
    await said(child.stdout, /"line":"waiting"/);
    await expect.poll(() => running(seconds)).toHaveLength(1);
    const closed = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    expect(await closed).toBe(130);
    expect(running(seconds)).toEqual([]);
    expect(readdirSync(join(project.root, 'artifacts/.store/v1/tmp'))).toEqual([]);
    expect((await project.run(['store', 'verify'])).code).toBe(0);
  });
});

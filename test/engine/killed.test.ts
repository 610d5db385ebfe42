import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { events, running, said, stepModule, stepsOf, testProject, type TestProject } from '../rig/project.ts';

/** Eight steps in a chain, each of which takes a moment and makes a few files. */
function chainProject(): TestProject {
  const length = 8;
  const steps = Array.from({ length }, (_, i) =>
    i === 0
      ? '  s0: { recipe: link, with: { before: "${start.text}" } }'
      : `  s${i}: { recipe: link, with: { before: "\${s${i - 1}.files}" } }`,
  );
  return testProject({
    'recipes/start.yaml':
      'recipe: start\nsummary: Begins\nenvironment: none\nscript: scripts/link.ts\noutputs: { text: files/ }\n',
    'recipes/link.yaml':
      'recipe: link\nsummary: Goes on\ninputs: { before: the link before }\nenvironment: none\nscript: scripts/link.ts\noutputs: { files: files/ }\n',
    'scripts/link.ts': `import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { step } from ${stepModule};
const { name, output } = await step();
mkdirSync('files');
for (let i = 0; i < 20; i++) writeFileSync('files/' + i, name.repeat(1000 * i));
await setTimeout(100);
await output(name === 'start' ? 'text' : 'files', 'files');
`,
    'pipelines/chain.yaml': [
      'pipeline: chain',
      'summary: A chain',
      'steps:',
      '  start: { recipe: start }',
      ...steps,
      '',
    ].join('\n'),
  });
}

describe('a run killed with SIGKILL', () => {
  it('ten times at random moments leaves a sound store, and the next run carries on', async () => {
    const project = chainProject();
    let done = 0;
    for (let kill = 0; kill < 10; kill++) {
      const child = project.start(['run', 'chain', '--json']);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // A random number of steps further, and then at any moment within the next.
      const further = Math.floor(Math.random() * 2);
      await said(child.stdout, new RegExp(`(step-(started|done|cached)[^]*){${done + further + 1}}`)).catch(
        () => '',
      );
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 600));
      child.kill('SIGKILL');
      await ended;
      const verified = await project.run(['store', 'verify', '--json']);
      expect(verified.code, verified.stderr).toBe(0);
      expect(JSON.parse(verified.stdout)).toMatchObject({ faults: [], incomplete: [] });
      expect(readdirSync(join(project.root, 'artifacts/.store/v1/users'))).toEqual([]);
      const now = readdirSync(join(project.root, 'artifacts/.store/v1/ac')).length;
      expect(now).toBeGreaterThanOrEqual(done);
      done = now;
    }
    const last = await project.run(['run', 'chain', '--json']);
    expect(last.code).toBe(0);
    expect(stepsOf(last.stdout, 'step-cached')).toHaveLength(done);
    expect(stepsOf(last.stdout, 'step-done')).toHaveLength(9 - done);
    expect(readdirSync(join(project.root, 'artifacts/.store/v1/tmp'))).toEqual([]);
  });

  it('leaves no process of its steps behind', async () => {
    const project = chainProject();
    const title = `left-${Date.now()}-${Math.floor(Math.random() * 1e6)}`;
    project.write(
      'scripts/link.ts',
      `import { step } from ${stepModule};
await step();
process.title = '${title}';
console.log('waiting');
setInterval(() => {}, 1000);
`,
    );
    const child = project.start(['run', 'chain', '--json']);
    await said(child.stdout, /"line":"waiting"/);
    expect(running(title)).toHaveLength(1);
    child.kill('SIGKILL');
    await expect.poll(() => running(title), { timeout: 10_000 }).toEqual([]);
  });
});

describe('two runs at once', () => {
  it('make each artifact once: the second waits for the first and shares it', async () => {
    const project = chainProject();
    const [one, other] = await Promise.all([
      project.run(['run', 'chain', '--json']),
      project.run(['run', 'chain', '--json']),
    ]);
    expect([one.code, other.code]).toEqual([0, 0]);
    const made = [one, other].flatMap(({ stdout }) => stepsOf(stdout, 'step-done'));
    expect(made.sort()).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6', 's7', 'start']);
    const waited = [one, other].flatMap(({ stdout }) =>
      events(stdout).filter(({ type }) => type === 'step-waiting'),
    );
    expect(waited.length).toBeGreaterThan(0);
  });
});

import type { ChildProcess } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { greetingProject } from '../rig/greeting.ts';
import { events, stepModule, stepsOf, type TestProject } from '../rig/project.ts';

function unpublish({ root }: TestProject): void {
  for (const name of ['.products', 'greeting'])
    rmSync(join(root, 'artifacts', name), { recursive: true, force: true });
}

function published({ root }: TestProject): string {
  return readFileSync(join(root, 'artifacts/greeting/text.txt'), 'utf8').trim();
}

/** Resolves when a process has said something; what it says later is read as well. */
async function says({ stdout }: ChildProcess, what: string): Promise<void> {
  let text = '';
  stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await expect.poll(() => text, { timeout: 60_000 }).toContain(what);
}

describe('runs at once', () => {
  it('publish the same product without being in the way of one another, and leave nothing else', async () => {
    const project = greetingProject();
    expect((await project.run(['run', 'greeting'])).code).toBe(0);
    for (let round = 0; round < 2; round++) {
      unpublish(project);
      const runs = await Promise.all([1, 2, 3, 4].map(() => project.run(['run', 'greeting', '--json'])));
      expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
        Array(4).fill({ code: 0, stderr: '' }),
      );
      expect(published(project)).toBe('hello world');
      expect(readdirSync(join(project.root, 'artifacts/.products/greeting'))).toHaveLength(1);
    }
  });

  it('publish from the cache beside the garbage collector: none fails, whoever comes first', async () => {
    const project = greetingProject();
    expect((await project.run(['run', 'greeting'])).code).toBe(0);
    for (let round = 0; round < 2; round++) {
      unpublish(project);
      // Nothing is needed by the newest run any more, so that the collector takes all of it.
      rmSync(join(project.root, 'artifacts/.store/v1/history'), { recursive: true });
      const [run, gc, other] = await Promise.all([
        project.run(['run', 'greeting', '--json']),
        project.run(['store', 'gc', '--budget', '0']),
        project.run(['run', 'greeting', '--json']),
      ]);
      expect([run.code, other.code], run.stdout + other.stdout).toEqual([0, 0]);
      expect(gc.code === 0 || gc.stderr.includes('in use by another run'), gc.stderr).toBe(true);
      expect(published(project)).toBe('hello world');
    }
  });

  it('keep `store verify --mend` and gc away while they work', async () => {
    const project = greetingProject();
    const go = join(project.root, 'go');
    const running = project.start(['run', 'greeting', '--set', `wait=${go}`, '--json']);
    await says(running, '"line":"greeting"');
    for (const args of [['verify', '--mend'], ['gc']]) {
      const refused = await project.run(['store', ...args]);
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.stderr).toMatch(/^error: the store .* is in use by another run\nhint: /);
    }
    expect((await project.run(['store', 'verify'])).code).toBe(0);
    const ended = new Promise((resolve) => running.once('exit', resolve));
    writeFileSync(go, '');
    expect(await ended).toBe(0);
    expect((await project.run(['store', 'verify', '--mend'])).code).toBe(0);
  });
});

describe('where a product shall be', () => {
  it("a folder of the user's is left alone, and the run says so before it begins", async () => {
    const project = greetingProject();
    mkdirSync(join(project.root, 'artifacts/greeting'), { recursive: true });
    writeFileSync(join(project.root, 'artifacts/greeting/mine.txt'), 'mine');
    const run = await project.run(['run', 'greeting', '--json']);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/artifacts\/greeting is a folder that cidermill did not make\nhint: /);
    expect(stepsOf(run.stdout, 'step-started')).toEqual([]);
    expect(readdirSync(join(project.root, 'artifacts/greeting'))).toEqual(['mine.txt']);
    expect(readdirSync(join(project.root, 'artifacts')).sort()).toEqual(['.gitignore', '.store', 'greeting']);
  });

  it('what killed runs left behind goes with the next one that publishes', async () => {
    const project = greetingProject();
    expect((await project.run(['run', 'greeting'])).code).toBe(0);
    const folder = join(project.root, 'artifacts/.products/greeting');
    const dead = '4711-0123456789abcdef';
    mkdirSync(join(folder, `new.${dead}`));
    writeFileSync(join(folder, `link.${dead}`), '');
    mkdirSync(join(folder, `0123456789abcdef.${dead}`));
    expect((await project.run(['run', 'greeting', '--set', 'word=goodbye'])).code).toBe(0);
    expect(published(project)).toBe('goodbye world');
    expect(readdirSync(folder)).toHaveLength(1);
    expect(lstatSync(join(project.root, 'artifacts/greeting')).isSymbolicLink()).toBe(true);
  });

  it('a file that was written to is left alone and said to be changed, with no digest', async () => {
    const project = greetingProject();
    expect((await project.run(['run', 'greeting'])).code).toBe(0);
    const path = join(project.root, 'artifacts/greeting/text.txt');
    const files = async (): Promise<unknown> => {
      const { stdout, code } = await project.run(['run', 'greeting', '--json']);
      expect(code).toBe(0);
      return events(stdout).find(({ type }) => type === 'product-published');
    };
    expect(await files()).toMatchObject({
      unchanged: true,
      files: [{ path: 'text.txt', digest: expect.any(String) as string }],
    });
    const text = readFileSync(path, 'utf8');
    rmSync(path);
    writeFileSync(path, text);
    expect(await files()).toMatchObject({ unchanged: true, files: [{ path: 'text.txt', changed: true }] });
    writeFileSync(path, text.replace('hello', 'hullo'));
    expect(await files()).toMatchObject({ unchanged: true, files: [{ path: 'text.txt', changed: true }] });
    expect(published(project)).toBe('hullo world');
    expect(existsSync(path)).toBe(true);
  });
});

describe("a user's file", () => {
  it('that changes while a step uses it fails the step, and nothing is kept', async () => {
    const project = greetingProject({
      'installer.bin': 'AAAA',
      'recipes/copy.yaml': `recipe: copy
summary: Copies a file of the user's
inputs: { file: yours }
parameters: { wait: { type: string } }
environment: { host: [cat] }
script: scripts/copy.ts
outputs: { copy: copy.bin }
`,
      'scripts/copy.ts': `import { copyFileSync, existsSync } from 'node:fs';
import { step } from ${stepModule};
const { input, text, output } = await step();
console.log('copying');
while (!existsSync(text('wait'))) await setTimeout(20);
copyFileSync(input('file'), 'copy.bin');
await output('copy', 'copy.bin');
`,
    });
    const go = join(project.root, 'go');
    const args = [
      'run',
      'copy',
      '--set',
      `file=${join(project.root, 'installer.bin')}`,
      '--set',
      `wait=${go}`,
      '--json',
    ];
    const running = project.start(args);
    const ended = new Promise((resolve) => running.once('exit', resolve));
    await says(running, '"line":"copying"');
    project.write('installer.bin', 'BBBB');
    writeFileSync(go, '');
    expect(await ended).toBe(1);
    const again = await project.run(args);
    expect(again.code).toBe(0);
    expect(stepsOf(again.stdout, 'step-done')).toEqual(['copy']);
    project.write('installer.bin', 'AAAA');
    expect(stepsOf((await project.run(args)).stdout, 'step-done')).toEqual(['copy']);
  });
});

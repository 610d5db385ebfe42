import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { events, stepModule, stepsOf } from '../../rig/project.ts';
import { wordProject } from '../../rig/word-project.ts';

describe('run --keep-failed', () => {
  it('leaves the folder that the message names, until gc removes it', async () => {
    const project = wordProject();
    project.write(
      'scripts/count.ts',
      `import { writeFileSync } from 'node:fs';\nimport { step } from ${stepModule};\nconst { $ } = await step();\nwriteFileSync('half.txt', 'so far');\nawait $\`wc --no-such-option\`;\n`,
    );
    const plain = await project.run(['run', 'words']);
    expect(plain.code).toBe(1);
    expect(plain.stdout).not.toContain('kept:');
    const { code, stdout } = await project.run(['run', 'words', '--keep-failed']);
    expect(code).toBe(1);
    const folder = join(project.root, /^ {4}kept: (.*)$/m.exec(stdout)?.[1] ?? 'nothing');
    expect(readFileSync(join(folder, 'half.txt'), 'utf8')).toBe('so far');
    const json = events((await project.run(['run', 'words', '--keep-failed', '--json'])).stdout);
    const failed = json.find(({ type }) => type === 'step-failed');
    expect(readFileSync(join(String(failed?.['kept']), 'build/half.txt'), 'utf8')).toBe('so far');
    expect((await project.run(['store', 'verify'])).code).toBe(0);
    expect(existsSync(folder)).toBe(true);
    expect((await project.run(['store', 'gc'])).code).toBe(0);
    expect(existsSync(folder)).toBe(false);
  });
});

describe('run --rebuild', () => {
  it('runs that step again and the others not, and says that its result is the same', async () => {
    const project = wordProject();
    await project.run(['run', 'words']);
    const { code, stdout } = await project.run(['run', 'words', '--rebuild', 'count', '--json']);
    expect(code).toBe(0);
    expect(stepsOf(stdout, 'step-cached')).toEqual(['count', 'frame']);
    expect(stepsOf(stdout, 'step-started')).toEqual(['count']);
    expect(events(stdout).find(({ type }) => type === 'step-verified')).toMatchObject({
      step: 'count',
      verdict: 'identical',
    });
    expect((await project.run(['run', 'words', '--rebuild', 'count'])).stdout).toMatch(/count +identical/);
  });

  it('ends with 1 where the result differs, and says what does', async () => {
    const project = wordProject();
    project.write(
      'scripts/frame.ts',
      `import { writeFileSync } from 'node:fs';\nimport { step } from ${stepModule};\nconst { output } = await step();\nwriteFileSync('framed.txt', String(process.hrtime.bigint()));\nawait output('framed', 'framed.txt');\n`,
    );
    await project.run(['run', 'words']);
    const before = readFileSync(join(project.root, 'artifacts/words/framed.txt'), 'utf8');
    const { code, stdout } = await project.run(['run', 'words', '--rebuild', 'frame']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^frame +differs, rebuilt/m);
    expect(readFileSync(join(project.root, 'artifacts/words/framed.txt'), 'utf8')).toBe(before);
  });

  it('refuses a step that the pipeline does not have, before anything runs', async () => {
    const { code, stdout, stderr } = await wordProject().run(['run', 'words', '--rebuild', 'nope']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('words has no step "nope"');
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAsGitHub, readAsGitLab } from '../../rig/ci-readers.ts';
import { hostileProject } from '../../rig/hostile-project.ts';
import { events, stepModule } from '../../rig/project.ts';

describe('a run in a job of GitHub', () => {
  it('carries out nothing of what a step prints, notes or fails with', async () => {
    const project = hostileProject();
    const summary = join(project.root, 'summary.md');
    const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: project.root, GITHUB_STEP_SUMMARY: summary };
    const own = ['group', 'stop-commands', 'endgroup'];
    const commands = (log: string): string[] => readAsGitHub(log).map(({ command }) => command);

    const good = await project.run(['run', 'both'], env);
    expect(good).toMatchObject({ code: 0, stderr: '' });
    expect(commands(good.stdout)).toEqual(own);
    const again = await project.run(['run', 'both'], env);
    expect(again.stdout).toContain('nothing to do: 1 step cached');
    expect(commands(again.stdout)).toEqual([]);

    const bad = await project.run(['run', 'bad'], env);
    expect(bad.code).toBe(1);
    expect(commands(bad.stdout)).toEqual([...own, 'error']);
    expect(readAsGitHub(bad.stdout).at(-1)?.properties).toMatchObject({
      file: 'scripts/hostile.ts',
      line: '26',
      title: 'step hostile failed',
    });
    const log = await project.run(['log', 'bad', 'hostile'], env);
    expect(log.stdout).toContain('error file=a.yaml');
    expect(commands(log.stdout)).toEqual([]);
    const shown = await project.run(['runs', 'show'], env);
    expect(shown.stdout).toContain('failed: scripts/hostile.ts');
    expect(commands(shown.stdout)).toEqual([]);
    const kept = await project.run(['runs', 'show', '--json'], env);
    expect(events(kept.stdout).at(-1)).toMatchObject({ type: 'run-finished', outcome: 'failed' });
    expect(commands(kept.stdout)).toEqual([]);
    const json = await project.run(['run', 'bad', '--json'], env);
    expect(events(json.stdout).at(-1)).toMatchObject({ type: 'run-finished', outcome: 'failed' });
    expect(commands(json.stdout)).toEqual([]);
    expect(readFileSync(summary, 'utf8').match(/^### .*/gm)).toEqual([
      '### both: done',
      '### both: nothing to do',
      '### bad: failed',
      '### bad: failed',
    ]);
  });

  it('shows a failure that no line of a script has where the step is declared', async () => {
    const project = hostileProject();
    project.write('scripts/good.ts', `import { step } from ${stepModule};\nawait step();\n`);
    const pipeline = 'pipeline: none\nsummary: x\nsteps:\n  good: { recipe: good }\n';
    project.write('pipelines/none.yaml', `${pipeline}products:\n  none: { from: { out: "\${good.out}" } }\n`);
    const { code, stdout } = await project.run(['run', 'none'], { GITHUB_ACTIONS: 'true' });
    expect(code).toBe(1);
    expect(readAsGitHub(stdout).at(-1)?.properties).toMatchObject({ file: 'pipelines/none.yaml', line: '4' });
  });

  it('shows a fault of a file at its line, below the folder of the checkout', async () => {
    const project = hostileProject();
    const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: join(project.root, '..') };
    const { code, stdout, stderr } = await project.run(['run', 'wrong', '--junit', 'junit.xml'], env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const folder = project.root.split('/').at(-1) ?? '';
    expect(readAsGitHub(stderr)).toEqual([
      {
        command: 'error',
        properties: { file: `${folder}/pipelines/wrong.yaml`, line: '4', col: '19', title: 'unknown-recipe' },
        data: 'There is no recipe "goood" in recipes/.\nhint: Did you mean "good"?',
      },
    ]);
    const { status } = spawnSync('junitparser', ['verify', join(project.root, 'junit.xml')]);
    expect(status).toBe(1);
  });

  it('does not let a file that is quoted in a fault act', async () => {
    const project = hostileProject();
    project.write(
      'pipelines/odd.yaml',
      'pipeline: odd\nsummary: x\n"::error::x": { a: "##[command]x" }\nsteps: {}\n',
    );
    const { code, stderr } = await project.run(['run', 'odd'], { GITHUB_ACTIONS: 'true' });
    expect(code).toBe(2);
    const acts = readAsGitHub(stderr);
    expect(acts.length).toBeGreaterThan(0);
    expect(
      acts.every(
        ({ command, properties }) => command === 'error' && properties['file'] === 'pipelines/odd.yaml',
      ),
    ).toBe(true);
  });
});

describe('a run in a job of GitLab', () => {
  it('has its own sections and no others, and names a failure in the code quality report', async () => {
    const project = hostileProject();
    const env = { GITLAB_CI: 'true', CI_PROJECT_DIR: project.root };
    const { code, stdout } = await project.run(['run', 'bad', '--code-quality', 'quality.json'], env);
    expect(code).toBe(1);
    expect(readAsGitLab(stdout).map(({ command, data }) => [command, data])).toEqual([
      ['section_start', 'log_hostile'],
      ['section_end', 'log_hostile'],
    ]);
    expect(JSON.parse(readFileSync(join(project.root, 'quality.json'), 'utf8'))).toMatchObject([
      { check_name: 'step-failed', location: { path: 'scripts/hostile.ts', lines: { begin: 26 } } },
    ]);
  });
});

describe('files about a run', () => {
  it.each([
    ['--json=no/where'],
    ['--junit', 'no/where'],
    ['--code-quality', 'no/where'],
    ['--report', 'no/where'],
  ])('that cannot be written are told of before anything runs: %s', async (...option) => {
    const { code, stdout, stderr } = await hostileProject().run(['run', 'both', ...option]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('error: no/where cannot be written: no such file or directory\n');
  });

  it('do not fail a run when a job has a summary that cannot be written', async () => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: '/no/where' };
    const { code, stderr } = await hostileProject().run(['run', 'both'], env);
    expect(code).toBe(0);
    expect(stderr).toBe("note: the job's summary /no/where cannot be written: no such file or directory\n");
  });

  it('are written anew by each run, also by one that has nothing to do', async () => {
    const project = hostileProject();
    const files = ['report.html', 'junit.xml', 'events.ndjson', 'quality.json'].map((name) =>
      join(project.root, name),
    );
    const args = [
      '--report',
      'report.html',
      '--junit',
      'junit.xml',
      '--json=events.ndjson',
      '--code-quality',
      'quality.json',
    ];
    for (let round = 0; round < 3; round++) {
      expect((await project.run(['run', 'both', ...args])).code).toBe(0);
      for (const file of files) {
        expect(existsSync(file), `${file} of round ${round}`).toBe(true);
        rmSync(file);
      }
    }
    expect((await project.run(['run', 'bad', ...args])).code).toBe(1);
    expect(readFileSync(join(project.root, 'report.html'), 'utf8')).toContain('hostile');
    rmSync(join(project.root, 'report.html'));
    expect((await project.run(['run', 'wrong', ...args])).code).toBe(2);
    expect(existsSync(join(project.root, 'report.html'))).toBe(false);
  });
});

describe('run --json=FILE', () => {
  it('writes the events to the file and leaves the log to people', async () => {
    const project = hostileProject();
    const { code, stdout } = await project.run(['run', '--json=events.ndjson', 'both']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^both: 1 step\n/);
    const lines = events(readFileSync(join(project.root, 'events.ndjson'), 'utf8'));
    expect([lines[0]?.['type'], lines.at(-1)?.['type']]).toEqual(['run-started', 'run-finished']);
  });

  it('writes an error that kept it from running, too', async () => {
    const project = hostileProject();
    const { code, stdout } = await project.run(['run', 'wrong', '--json=events.ndjson']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(events(readFileSync(join(project.root, 'events.ndjson'), 'utf8'))).toMatchObject([
      { type: 'error', code: 'unknown-recipe', file: 'pipelines/wrong.yaml', line: 4 },
    ]);
  });

  it('takes a word after --json alone as the name of what is run', async () => {
    const project = hostileProject();
    const { code, stdout } = await project.run(['run', '--json', 'both']);
    expect(code).toBe(0);
    expect(events(stdout)[0]).toMatchObject({ type: 'run-started', pipeline: 'both' });
  });
});

describe('plan --json', () => {
  it('has one key for the run, which does not depend on what has run, and changes with any step', async () => {
    const project = hostileProject();
    const key = async (): Promise<unknown> =>
      (JSON.parse((await project.run(['plan', 'both', '--json'])).stdout) as { key: unknown }).key;
    const before = await key();
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    await project.run(['run', 'both']);
    expect(await key()).toBe(before);
    project.write(
      'scripts/hostile.ts',
      `${readFileSync(join(project.root, 'scripts/hostile.ts'), 'utf8')}// more\n`,
    );
    expect(await key()).not.toBe(before);
  });
});

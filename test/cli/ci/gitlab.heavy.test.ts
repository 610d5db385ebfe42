import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../src/host/index.ts';
import { readAsGitLab } from '../../rig/ci-readers.ts';
import { hostileProject } from '../../rig/hostile-project.ts';
import { gitlabLocal } from '../../rig/judges/ci-files.ts';

it('a job of GitLab, run by gitlab-ci-local from its first command to its last, keeps report and product', async () => {
  const project = hostileProject();
  const { root } = project;
  // Only root may install packages without being asked.
  const setup = process.getuid?.() === 0 ? [] : ['--no-setup'];
  const git = (...args: string[]): void =>
    void execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args]);
  git('init', '-q', '-b', 'main');
  project.write(
    'package.json',
    `{ "type": "module", "dependencies": { "cidermill": "file:${packageRoot}" } }\n`,
  );
  execFileSync('npm', ['install', '--ignore-scripts', '--offline', '--no-audit'], { cwd: root });
  project.write('.gitignore', 'node_modules\n.gitlab-ci-local\nartifacts\n');
  expect((await project.run(['ci', 'gitlab', 'both', ...setup, '-o', '.gitlab-ci.yml'])).code).toBe(0);
  git('add', '-A');
  git('commit', '-q', '-m', 'first');

  const run = (): ReturnType<typeof gitlabLocal> =>
    gitlabLocal(root, ['both', '--force-shell-executor', '--variable', 'GITLAB_CI=true']);
  const { code, output } = run();
  expect(code, output).toBe(0);
  expect(output).toMatch(/^both > done in .*: 1 step run, 0 cached$/m);
  const log = readFileSync(join(root, '.gitlab-ci-local/output/both.log'), 'utf8');
  expect(
    readAsGitLab(log)
      .filter(({ command }) => command.startsWith('section'))
      .map(({ data }) => data),
  ).toEqual(['log_hostile', 'log_hostile']);
  const kept = join(root, '.gitlab-ci-local/artifacts/both');
  expect(readFileSync(join(kept, 'ci-products/both/out.txt'), 'utf8')).toBe('out');
  expect(readFileSync(join(kept, 'report.html'), 'utf8')).toContain('<!doctype html>');
  expect(spawnSync('junitparser', ['verify', join(root, 'junit.xml')]).status).toBe(0);

  // A job whose step fails fails, and keeps its report.
  project.write(
    'pipelines/both.yaml',
    readFileSync(join(root, 'pipelines/bad.yaml'), 'utf8')
      .replaceAll('bad:', 'both:')
      .replace('pipeline: bad', 'pipeline: both'),
  );
  git('commit', '-q', '-a', '-m', 'second');
  const failed = run();
  expect(failed.code, failed.output).toBe(1);
  expect(failed.output).toMatch(/^both > failed in /m);
  expect(existsSync(join(kept, 'report.html'))).toBe(true);
  expect(spawnSync('junitparser', ['verify', join(root, 'junit.xml')]).status).toBe(1);
});

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../../src/host/index.ts';
import { readAsGitHub, readAsGitLab } from '../../rig/ci-readers.ts';
import { hostileProject } from '../../rig/hostile-project.ts';
import { gitlabLocal } from '../../rig/judges/ci-files.ts';
import type { TestProject } from '../../rig/project.ts';
import { startRegistry } from '../../rig/servers/registry-server.ts';

// Only root may install packages without being asked.
const setup = process.getuid?.() === 0 ? [] : ['--no-setup'];

function git(root: string, ...args: string[]): void {
  execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args]);
}

/** A project with cidermill as its dependency, as a checkout has it. */
function checkout(): TestProject {
  const project = hostileProject();
  const { root } = project;
  git(root, 'init', '-q', '-b', 'main');
  project.write(
    'package.json',
    `{ "type": "module", "dependencies": { "cidermill": "file:${packageRoot}" } }\n`,
  );
  execFileSync('npm', ['install', '--ignore-scripts', '--offline', '--no-audit'], { cwd: root });
  project.write('.gitignore', 'node_modules\n.gitlab-ci-local\nartifacts\n');
  return project;
}

it('a job of GitLab, run by gitlab-ci-local from its first command to its last, keeps report and product', async () => {
  const project = checkout();
  const { root } = project;
  expect((await project.run(['ci', 'gitlab', 'both', ...setup, '-o', '.gitlab-ci.yml'])).code).toBe(0);
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '-m', 'first');

  const run = (...variables: readonly string[]): ReturnType<typeof gitlabLocal> => {
    const given = ['GITLAB_CI=true', ...variables].flatMap((variable) => ['--variable', variable]);
    return gitlabLocal(root, ['both', '--force-shell-executor', ...given]);
  };
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

  // For a tag, and for nothing else, the product is pushed.
  const { host } = await startRegistry();
  const repository = `${host}/team/both`;
  expect(run(`CIDERMILL_REPOSITORY=${host}/team`).code).toBe(0);
  expect((await project.run(['inspect', repository, '--json'])).stdout).toMatch(/\[\]/);
  const tagged = run(`CIDERMILL_REPOSITORY=${host}/team`, 'CI_COMMIT_TAG=v1');
  expect(tagged.code, tagged.output).toBe(0);
  expect(await project.run(['inspect', repository])).toMatchObject({ code: 0, stdout: 'v1\n' });

  // A job whose step fails fails, and keeps its report.
  project.write(
    'pipelines/both.yaml',
    readFileSync(join(root, 'pipelines/bad.yaml'), 'utf8')
      .replaceAll('bad:', 'both:')
      .replace('pipeline: bad', 'pipeline: both'),
  );
  git(root, 'commit', '-q', '-a', '-m', 'second');
  const failed = run();
  expect(failed.code, failed.output).toBe(1);
  expect(failed.output).toMatch(/^both > failed in /m);
  expect(existsSync(join(kept, 'report.html'))).toBe(true);
  expect(spawnSync('junitparser', ['verify', join(root, 'junit.xml')]).status).toBe(1);
});

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

it('the commands of a job of GitHub, in a container, run and push one after the other', async () => {
  const project = checkout();
  const { root } = project;
  const { stdout } = await project.run(['ci', 'github', 'both', '--image', 'debian:12', ...setup]);
  const { jobs } = parse(stdout) as { jobs: Record<string, { steps: Step[] }> };
  const steps = jobs['both']?.steps.filter((step) => step.run !== undefined) ?? [];
  expect(steps.map(({ name }) => name).slice(-3)).toEqual(['Install cidermill', 'Run both', 'Push both']);
  const { host } = await startRegistry();
  const summary = join(root, 'summary.md');
  let log = '';
  for (const { name, run = '', env = {} } of steps) {
    const own = Object.keys(env).map((variable) => [
      variable,
      variable === 'CIDERMILL_REPOSITORY' ? `${host}/team` : '',
    ]);
    const {
      status,
      stdout: said,
      stderr,
    } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', run], {
      encoding: 'utf8',
      cwd: root,
      env: {
        ...process.env,
        ...(Object.fromEntries(own) as Record<string, string>),
        ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: root, GITHUB_STEP_SUMMARY: summary },
        ...{ GITHUB_REF_NAME: 'v1', CIDERMILL_STORE: join(root, 'artifacts/.store') },
      },
    });
    expect(status, `${name}: ${said}${stderr}`).toBe(0);
    log += said;
  }
  expect(readAsGitHub(log).map(({ command }) => command)).toEqual(['group', 'stop-commands', 'endgroup']);
  expect(readFileSync(summary, 'utf8')).toContain('### both: done');
  for (const file of ['report.html', 'junit.xml', 'events.ndjson'])
    expect(existsSync(join(root, file)), file).toBe(true);
  expect(await project.run(['inspect', `${host}/team/both`])).toMatchObject({ code: 0, stdout: 'v1\n' });
});

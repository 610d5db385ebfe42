import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { stepModule, testProject, type TestProject } from '../rig/project.ts';

/** Runs the command line as in a container that masks a part of its /proc, which is Docker's default. */
async function inContainer(project: TestProject, args: readonly string[]): Promise<string> {
  const masked = 'mount -t tmpfs none /proc/fs && exec "$@"';
  const command = [process.execPath, join(packageRoot, 'bin/cidermill.mjs'), ...args];
  const { stdout, stderr } = await promisify(execFile)(
    'unshare',
    ['--map-root-user', '--mount', 'sh', '-c', masked, 'sh', ...command],
    {
      cwd: project.root,
      env: { ...process.env, CIDERMILL_STORE: join(project.root, 'artifacts/.store'), NO_COLOR: '1' },
    },
  );
  return stdout + stderr;
}

describe('a container whose /proc is masked', () => {
  it('gets a sandbox with the /proc of the container, and is told once what that shows', async () => {
    const project = testProject({
      'recipes/word.yaml': `recipe: word
summary: A word
environment: none
script: scripts/word.ts
outputs: { word: word.txt }
`,
      'scripts/word.ts': `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output } = await step();
writeFileSync('word.txt', 'word');
await output('word', 'word.txt');
`,
    });
    const run = await inContainer(project, ['run', 'word']);
    expect(run).toContain('1 step run, 0 cached');
    expect(run.match(/masks its \/proc/g)).toHaveLength(1);
    expect(run).toContain('systempaths=unconfined');
    // The same step outside of such a container has a /proc of its own, and says nothing.
    const outside = await project.run(['run', 'word'], { CIDERMILL_STORE: join(project.root, 'other') });
    expect(outside).toMatchObject({ code: 0 });
    expect(outside.stdout + outside.stderr).not.toContain('masks its /proc');
  });
});

import { once } from 'node:events';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { events, said, stepModule, testProject } from '../rig/project.ts';

const terabyte = 2 ** 40;

it('a user’s file of a terabyte: how much of it has been read is told, and Ctrl-C ends the reading', async () => {
  const project = testProject({
    'recipes/weigh.yaml': `recipe: weigh
summary: Weighs a disk
inputs: { disk: what is weighed }
environment: none
script: scripts/weigh.ts
outputs: { weight: weight.txt }
`,
    'scripts/weigh.ts': `import { step } from ${stepModule};\nawait step();\n`,
  });
  const disk = join(project.root, 'disk.img');
  writeFileSync(disk, '');
  truncateSync(disk, terabyte);
  const child = project.start(['run', 'weigh', '--json', '--set', `disk=${disk}`]);
  const ended = once(child, 'exit');
  const lines = await said(child.stdout, /"step-hashing".*\n/);
  const [hashing] = events(lines.slice(0, lines.lastIndexOf('\n'))).filter(
    ({ type }) => type === 'step-hashing',
  );
  expect(hashing).toMatchObject({ step: 'weigh', input: 'disk', path: disk, total: terabyte });
  expect(hashing?.['done']).toBeGreaterThan(0);
  child.kill('SIGINT');
  expect(await ended).toEqual([130, null]);
  expect(readdirSync(join(project.root, 'artifacts/.store/v1/ac'))).toEqual([]);
});

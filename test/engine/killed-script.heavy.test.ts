import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { running, said, testProject, uniqueSeconds } from '../rig/project.ts';

const kills = 50;

it.each(['none', '{ host: [sleep] }'])(
  'a run that is killed fifty times within the first second of its script leaves no process, environment: %s',
  async (environment) => {
    const title = `left-${uniqueSeconds()}`;
    const project = testProject({
      'recipes/start.yaml': `recipe: start
summary: Never ends
environment: ${environment}
script: scripts/start.ts
outputs: { text: files/ }
`,
      // It never asks what it is to do, and never looks whether the engine lives.
      'scripts/start.ts': `process.title = '${title}';\nconsole.log('here');\nfor (;;);\n`,
    });
    const left = (): number[] => [...running(title), ...running(project.root)];

    // Left alone it runs: what is killed below would be seen.
    const alone = project.start(['run', 'start', '--json']);
    await said(alone.stdout, /"line":"here"/);
    expect(left().length).toBeGreaterThan(0);
    alone.kill('SIGKILL');
    await expect.poll(left, { timeout: 10_000 }).toEqual([]);

    for (let kill = 0; kill < kills; kill++) {
      const child = project.start(['run', 'start', '--json']);
      const ended = once(child, 'exit');
      await said(child.stdout, /step-started/);
      // The moment is what is tried: evenly through the second after the step began.
      await pause((kill * 1000) / kills);
      child.kill('SIGKILL');
      await ended;
    }
    await expect.poll(left, { timeout: 10_000 }).toEqual([]);
  },
  1_800_000,
);

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stepModule, testProject } from '../../rig/project.ts';

const files = {
  'given.txt': 'from outside\n',
  'recipes/first.yaml': `recipe: first
summary: Makes a file
environment: none
script: scripts/first.ts
outputs: { made: made.txt }
`,
  'scripts/first.ts': `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output } = await step();
writeFileSync('made.txt', 'made before');
await output('made', 'made.txt');
`,
  'recipes/second.yaml': `recipe: second
summary: Compiles nothing
inputs: { before: a file }
sources: { tree: { local: given.txt } }
environment: { buildroot: debian-bookworm }
script: scripts/second.ts
outputs: { version: version.txt }
`,
  'scripts/second.ts': `import { step } from ${stepModule};
const { $, output } = await step();
await $\`gcc --version > version.txt\`;
await output('version', 'version.txt');
`,
  'pipelines/both.yaml': `pipeline: both
summary: Two steps
steps:
  first: { recipe: first }
  second: { recipe: second, with: { before: "\${first.made}" } }
`,
};

/** The buildroot is made once, or comes from the store that CIDERMILL_STORE names. */
it("runs gcc --version where a buildroot step's commands run, with its sources and inputs and no network", async () => {
  const project = testProject(files);
  const env = { CIDERMILL_STORE: process.env['CIDERMILL_STORE'] ?? join(project.root, 'artifacts/.store') };
  const run = await project.run(['run', 'both'], env);
  expect(run.code, run.stdout + run.stderr).toBe(0);

  const inside = (...command: string[]) => project.run(['shell', 'both', 'second', '--', ...command], env);
  expect((await inside('gcc', '--version')).stdout).toMatch(/^gcc \(Debian 12/);
  const looked = await inside(
    'sh',
    '-c',
    'pwd; ls /build; cat /inputs/before /sources/tree/given.txt; tail -n +3 /proc/net/dev | cut -d: -f1',
  );
  expect(looked.stdout).toBe('/build\nmade beforefrom outside\n    lo\n');
  expect((await inside('sh', '-c', 'echo x > /sources/tree/given.txt')).code).not.toBe(0);
  expect((await inside('sh', '-c', 'exit 7')).code).toBe(7);
});

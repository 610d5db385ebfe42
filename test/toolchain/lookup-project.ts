import { stepModule, testProject, type TestProject } from '../rig/project.ts';

/**
 * A project with a buildroot `tiny` of Debian 12, and a recipe `lookup` that asks a program in it for its version.
 * @param packages of the buildroot, beside the essential ones
 */
export function lookupProject(packages: string, program: string): TestProject {
  return testProject({
    'recipes/buildroots/tiny.yaml': `buildroot: tiny
summary: What is essential, and ${packages}
suite: bookworm
packages: [${packages}]
`,
    'recipes/lookup.yaml': `recipe: lookup
summary: What ${program} it has
environment: { buildroot: tiny }
script: scripts/lookup.ts
outputs: { version: version.txt }
`,
    'scripts/lookup.ts': `import { step } from ${stepModule};
const { $, output } = await step();
await $\`${program} --version > version.txt\`;
await output('version', 'version.txt');
`,
  });
}

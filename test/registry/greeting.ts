import { stepModule, testProject, type TestProject } from '../rig/project.ts';

/** A greeting made of a file of the user's, and a gate that reports milestones. */
export function greeting(host: string, papers = '[checksums, provenance, sbom, test-result]'): TestProject {
  return testProject({
    'cidermill.yaml': `registry: { private: ["${host}"] }\n`,
    'name.txt': 'world',
    'recipes/greet.yaml': `recipe: greet
summary: Greets
inputs: { name: whom }
environment: none
script: scripts/greet.ts
outputs: { greeting: greeting.txt }
`,
    'scripts/greet.ts': `import { copyFileSync } from 'node:fs';
import { step } from ${stepModule};
const { input, output } = await step();
copyFileSync(input('name'), 'greeting.txt');
await output('greeting', 'greeting.txt');
`,
    'recipes/look.yaml': `recipe: look
summary: Looks at a greeting
inputs: { greeting: what to look at }
environment: none
script: scripts/look.ts
outputs: { milestones: milestones.txt }
`,
    'scripts/look.ts': `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output } = await step();
writeFileSync('milestones.txt', 'a look\\n\\n 1  opened the file  serial   ok\\n\\nthe end\\n');
await output('milestones', 'milestones.txt');
`,
    'pipelines/greet.yaml': `pipeline: greet
summary: Greets and looks
parameters: { name: { type: file, default: name.txt } }
steps:
  greet: { recipe: greet, with: { name: "\${name}" } }
  look: { recipe: look, with: { greeting: "\${greet}" } }
products:
  greet:
    from: { greeting: "\${greet}", milestones: "\${look}" }
    with: ${papers}
    gate: look
`,
  });
}

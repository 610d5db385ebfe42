import { stepModule, testProject, type TestProject } from './project.ts';

/**
 * A step that writes a parameter and a local source into a file, and a product of it. `slow` makes the step wait until
 * there is a file of that name in the project's folder.
 */
export function greetingProject(files: Readonly<Record<string, string>> = {}): TestProject {
  return testProject({
    'seed/name.txt': 'world',
    'recipes/greet.yaml': `recipe: greet
summary: Greets
parameters: { word: { type: string, default: hello }, wait: { type: string, default: "" } }
sources: { seed: { local: seed } }
environment: { host: [cat] }
script: scripts/greet.ts
outputs: { text: text.txt }
`,
    'scripts/greet.ts': `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { step } from ${stepModule};
const { source, text, output } = await step();
console.log('greeting');
while (text('wait') !== '' && !existsSync(text('wait'))) await setTimeout(20);
writeFileSync('text.txt', text('word') + ' ' + readFileSync(source('seed') + '/name.txt', 'utf8') + '\\n'.repeat(100_000));
await output('text', 'text.txt');
`,
    'pipelines/greeting.yaml': `pipeline: greeting
summary: Greets
parameters: { word: { type: string, default: hello }, wait: { type: string, default: "" } }
steps:
  greet: { recipe: greet, with: { word: "\${word}", wait: "\${wait}" } }
products:
  greeting: { from: { text: "\${greet.text}" } }
`,
    ...files,
  });
}

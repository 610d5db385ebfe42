import { stepModule, testProject, type TestProject } from '../rig/project.ts';

/** A project of steps that each make a few files: one more for each name. `size` is that of one output, in bytes. */
export function letterProject(names: readonly string[], size = 100): TestProject {
  const steps = names.map((name) => `  ${name}: { recipe: letter, with: { name: ${name} } }`);
  return testProject({
    'recipes/letter.yaml': `recipe: letter
summary: Writes a letter
parameters: { name: { type: string, summary: to whom } }
environment: none
script: scripts/letter.ts
outputs: { letter: letter.txt, copies: copies/ }
`,
    'scripts/letter.ts': `import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { text, output, note } = await step();
const name = text('name');
const bytes = Buffer.alloc(${size});
for (let at = 0, seed = [...name].reduce((sum, each) => sum + each.charCodeAt(0), 1); at < bytes.length; at++) {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  bytes[at] = 97 + (seed >> 16) % 26;
}
writeFileSync('letter.txt', 'Dear ' + name + bytes);
mkdirSync('copies/of', { recursive: true });
writeFileSync('copies/one', 'one for ' + name);
writeFileSync('copies/of/two', 'two for ' + name, { mode: 0o755 });
symlinkSync('one', 'copies/link');
note('written to ' + name);
console.log('the log of ' + name);
await output('letter', 'letter.txt');
await output('copies', 'copies');
`,
    'recipes/bundle.yaml': `recipe: bundle
summary: Counts letters
inputs: { first: a letter }
environment: none
script: scripts/bundle.ts
outputs: { count: count.txt }
`,
    'scripts/bundle.ts': `import { readFileSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { input, output } = await step();
writeFileSync('count.txt', readFileSync(input('first')).length + ' bytes');
await output('count', 'count.txt');
`,
    'pipelines/post.yaml': `pipeline: post
summary: Writes letters
steps:
${steps.join('\n')}
  bundle: { recipe: bundle, with: { first: "\${${names[0] ?? ''}.letter}" } }
products:
  count: { from: { count: "\${bundle.count}" } }
${names.map((name) => `  to-${name}: { from: { letter: "\${${name}.letter}", copies: "\${${name}.copies}" } }`).join('\n')}
`,
  });
}

/** One of them with a pipeline "own", two of whose three steps are made of a file of the user's, mine.txt. */
export function ownFileProject(): TestProject {
  const project = letterProject(['ann']);
  project.write('mine.txt', 'an installer of mine');
  project.write(
    'pipelines/own.yaml',
    `pipeline: own
summary: Counts a file of the user's, and what was made of it
parameters: { file: { type: file, summary: yours } }
steps:
  ann: { recipe: letter, with: { name: ann } }
  counted: { recipe: bundle, with: { first: "\${file}" } }
  after: { recipe: bundle, with: { first: "\${counted.count}" } }
products:
  own: { from: { count: "\${after.count}" } }
  letter: { from: { letter: "\${ann.letter}" } }
`,
  );
  return project;
}

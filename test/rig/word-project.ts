import { stepModule, testProject, type TestProject } from './project.ts';

/** Two steps in a row: words are counted, the count is framed. A comment in count.ts changes nothing that it makes. */
export function wordProject(): TestProject {
  return testProject({
    'words.txt': 'one two three\n',
    'recipes/count.yaml': `recipe: count
summary: Counts words
parameters:
  flags:
    type: list
    default:
      - -w
sources: { words: { local: words.txt } }
environment: { host: [wc] }
script: scripts/count.ts
outputs: { count: count.txt }
`,
    'scripts/count.ts': `import { readFileSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { $, source, list, output } = await step();
const { stdout } = await $\`wc \${list('flags')} < \${source('words') + '/words.txt'}\`;
writeFileSync('count.txt', stdout.trim());
await output('count', 'count.txt');
`,
    'recipes/frame.yaml': `recipe: frame
summary: Puts a frame around a text
inputs: { text: what to frame }
environment: none
script: scripts/frame.ts
outputs: { framed: framed.txt }
`,
    'scripts/frame.ts': `import { readFileSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { input, output, note } = await step();
writeFileSync('framed.txt', '[' + readFileSync(input('text'), 'utf8') + ']');
note('framed');
await output('framed', 'framed.txt');
`,
    'pipelines/words.yaml': `pipeline: words
summary: Counts and frames
steps:
  count: { recipe: count }
  frame: { recipe: frame, with: { text: "\${count.count}" } }
products:
  words: { from: { framed: "\${frame.framed}" } }
`,
  });
}

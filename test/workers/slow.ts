import { stepModule, testProject, type TestProject } from '../rig/project.ts';

/** How a step of a slow project behaves. */
export interface SlowStep {
  /** In the command line of its process, so that it can be found. */
  readonly word: string;
  readonly seconds?: number;
  /** What it writes: JavaScript, by default its name. */
  readonly text?: string;
  readonly varies?: boolean;
  /** As its recipe says it. */
  readonly needs?: string;
}

/** A project of steps that take a while, in a pipeline "slow"; each is sandboxed. */
export function slowProject(steps: Readonly<Record<string, SlowStep>>): TestProject {
  const files = Object.entries(steps).flatMap(
    ([name, { word, seconds = 0, text, varies = false, needs }]) => [
      [
        `recipes/${name}.yaml`,
        `recipe: ${name}
summary: Takes a while
environment: none
${needs === undefined ? '' : `needs: ${needs}\n`}script: scripts/${name}.ts
outputs: { text: ${varies ? '{ path: text.txt, varies: "it has the time in it" }' : 'text.txt'} }
`,
      ],
      [
        `scripts/${name}.ts`,
        `import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { step } from ${stepModule};
const { output } = await step();
process.title = ${JSON.stringify(word)};
console.log('begun');
await pause(${seconds * 1000});
writeFileSync('text.txt', String(${text ?? JSON.stringify(name)}));
await output('text', 'text.txt');
`,
      ],
    ],
  );
  const names = Object.keys(steps);
  return testProject({
    ...(Object.fromEntries(files) as Record<string, string>),
    'pipelines/slow.yaml': `pipeline: slow
summary: Takes a while
steps:
${names.map((name) => `  ${name}: { recipe: ${name} }`).join('\n')}
products:
${names.map((name) => `  of-${name}: { from: { text: "\${${name}.text}" } }`).join('\n')}
`,
  });
}

import { stepModule, testProject, type TestProject } from './project.ts';

/** What a CI system would take for a command, if it stood in the log as a step prints it. */
export const hostileLines = [
  '::error file=a.yaml,line=1::x',
  '  ::warning::x',
  '::set-output name=a::b',
  '::add-mask::cidermill',
  '::stop-commands::mine',
  '::endgroup::',
  '::group::mine',
  'text ##[command]rm -rf /',
  '##[error]x',
  '##[add-mask]x',
  '##vso[task.setvariable variable=a]b',
  '\u001b[0Ksection_start:1700000000:mine[collapsed=true]\r\u001b[0Kmine',
  'section_end:1700000000:mine\r\u001b[0K',
  '\u001b[2J\u001b[1;1H\u001b]0;title\u0007',
  'progress\r::error::after a carriage return',
  '\u2028::error::after a line separator',
];

const print = (text: string): string => JSON.stringify(text);

/** A project of one step that prints all of it, says it in a note, and fails with it when its parameter says so. */
export function hostileProject(): TestProject {
  const lines = hostileLines.map((line) => `  ${print(line)},`).join('\n');
  return testProject({
    'recipes/good.yaml': recipe('good', ''),
    'recipes/hostile.yaml': recipe('hostile', 'parameters: { ending: { type: string, default: good } }\n'),
    'scripts/good.ts': script(`note('all well');`),
    'scripts/hostile.ts': script(
      `const lines = [\n${lines}\n];
for (const line of lines) process.stdout.write(line + '\\n');
for (const line of lines) process.stderr.write(line + '\\n');
for (const line of lines) note(line);
if (text('ending') === 'bad') throw new Error(lines.join('\\n'));`,
    ),
    'pipelines/both.yaml': pipeline('both', ''),
    'pipelines/bad.yaml': pipeline('bad', ', with: { ending: bad }'),
    'pipelines/wrong.yaml': 'pipeline: wrong\nsummary: has a fault\nsteps:\n  good: { recipe: goood }\n',
  });
}

function recipe(name: string, parameters: string): string {
  return `recipe: ${name}\nsummary: prints\n${parameters}environment: none\nscript: scripts/${name}.ts\noutputs: { out: out.txt }\n`;
}

function pipeline(name: string, hostile: string): string {
  return [
    `pipeline: ${name}`,
    'summary: two steps',
    'steps:',
    `  good: { recipe: good }`,
    `  hostile: { recipe: hostile${hostile} }`,
    'products:',
    `  ${name}: { from: { out: "\${hostile.out}" } }`,
    '',
  ].join('\n');
}

function script(body: string): string {
  return `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { note, output, text } = await step();
${body}
writeFileSync('out.txt', 'out');
await output('out', 'out.txt');
`;
}

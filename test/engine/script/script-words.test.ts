import { describe, expect, it } from 'vitest';
import { stepModule, testProject, type Ended } from '../../rig/project.ts';

/** Runs a project of one step whose script is given. */
async function runScript(script: string, environment = 'none'): Promise<Ended> {
  const project = testProject({
    'recipes/own.yaml': `recipe: own
summary: Its script goes wrong
environment: ${environment}
sources: { words: { local: words.txt } }
parameters: { label: { type: string, default: fine } }
script: scripts/own.ts
outputs: { text: text.txt }
`,
    'words.txt': 'one two\n',
    'scripts/own.ts': script,
  });
  return project.run(['run', 'own']);
}

const opened = (names: string): string =>
  `import { step } from ${stepModule};\nconst { ${names} } = await step();\n`;

describe('a script', () => {
  it('that uses what its recipe declares passes', async () => {
    const script = `${opened('source, text, output')}import { copyFileSync, readdirSync } from 'node:fs';
copyFileSync(source('words') + '/' + readdirSync(source('words'))[0], text('label'));
await output('text', text('label'));
`;
    const { code, stderr } = await runScript(script);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.each([
    [
      'asks for a source that is not declared',
      "source('trees');",
      'the script asks for the source "trees", which its recipe does not declare',
      'Its sources: "words".',
    ],
    [
      'asks for an input where none is declared',
      "input('trees');",
      'the script asks for the input "trees", which its recipe does not declare',
      'It declares no inputs.',
    ],
    [
      'reads a parameter as another type',
      "list('label');",
      `the script reads the parameter "label" by list('label'), and it is text`,
      "Read it by text('label').",
    ],
    [
      'runs a command under environment: none',
      'await $`true`;',
      'the step own runs a command, and its recipe has no environment',
      'Give the recipe `environment: { buildroot: NAME }` in place of `environment: none`.',
    ],
  ])('that %s is told so, with what to do', async (_what, line, message, hint) => {
    const ended = await runScript(`${opened('$, source, input, list')}${line}\n`);
    expect(ended.code).toBe(1);
    const said = ended.stdout + ended.stderr;
    expect(said.split(message)).toHaveLength(2);
    expect(said).toContain(hint);
    expect(said).not.toMatch(/^\s+at /m);
  });

  it('that gives a NUL to a command is told so, since a shell would cut it off there', async () => {
    const lines = (argument: string): string =>
      `${opened('$, output')}await $\`printf %s \${${argument}} > text.txt\`;\nawait output('text', 'text.txt');\n`;
    expect(await runScript(lines("'one'"), '{ host: [printf] }')).toMatchObject({ code: 0 });
    const ended = await runScript(lines(String.raw`'one\0two'`), '{ host: [printf] }');
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('an argument of a command has a NUL character in it');
  });

  it.each([
    [
      "imports the step by cidermill's own name for it",
      "import { step } from '#step';\nawait step();\n",
      'scripts/own.ts:1:22: there is no module "#step"',
      "Scripts import it from 'cidermill/step'.",
    ],
    [
      'imports a file that is not there',
      `${opened('note')}import './others.ts';\n`,
      'scripts/own.ts:3:8: there is no module "./others.ts"',
      'Is its name right? A path begins at the file that imports it.',
    ],
    [
      'imports a package that is not installed',
      "import 'no-such-package';\n",
      'scripts/own.ts:1:8: there is no module "no-such-package"',
      'Add it to the project: npm install no-such-package',
    ],
    ['is not JavaScript', 'const a = ;\n', 'scripts/own.ts:1:11: unexpected ";"', undefined],
    [
      'throws before step()',
      `const words: string[] = [];\nif (words.length === 0) throw new Error('no words');\n`,
      'scripts/own.ts:2:31: the script failed: no words',
      undefined,
    ],
  ])('that %s is named with its place', async (_what, script, message, hint) => {
    const ended = await runScript(script);
    expect(ended.code).toBe(1);
    const said = ended.stdout + ended.stderr;
    expect(said).toContain(message);
    if (hint !== undefined) expect(said).toContain(hint);
  });
});

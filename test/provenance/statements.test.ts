import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readMilestones } from '../../src/provenance/index.ts';
import { milestoneLog } from '../../src/vm/index.ts';
import { stepModule, testProject, type TestProject } from '../rig/project.ts';
import { statementFaults } from './schemas.ts';

/** A greeting with parameters of a recipe and a pipeline, a user's file, and a gate that reports milestones. */
function project(): TestProject {
  return testProject({
    'name.txt': 'world',
    'recipes/greet.yaml': `recipe: greet
summary: Greets
parameters: { loud: { type: boolean, default: false }, words: { type: list, default: [hello] } }
inputs: { name: whom }
environment: none
script: scripts/greet.ts
outputs: { greeting: greeting.txt }
`,
    'scripts/greet.ts': `import { readFileSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
import { shout } from './shout.ts';
const { input, list, output } = await step();
writeFileSync('greeting.txt', shout(list('words').join(' ') + ' ' + readFileSync(input('name'), 'utf8')));
await output('greeting', 'greeting.txt');
`,
    'scripts/shout.ts': `export const shout = (text: string): string => text + '!';\n`,
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
writeFileSync('milestones.txt', 'a look\\n\\n 1  opened the file  serial   ok\\n 2  read it          screen   hello\\n\\nthe end\\n');
await output('milestones', 'milestones.txt');
`,
    'pipelines/greet-all.yaml': `pipeline: greet-all
summary: Greets and looks
parameters:
  name: { type: file, default: name.txt }
  words: { type: list, default: [hello, dear] }
steps:
  greet: { recipe: greet, with: { name: "\${name}", words: "\${words}" } }
  look: { recipe: look, with: { greeting: "\${greet}" } }
products:
  greet-all:
    from: { greeting: "\${greet}" }
    with: [checksums, provenance, sbom, test-result]
    gate: look
`,
  });
}

interface Provenance {
  readonly predicate: {
    readonly buildDefinition: {
      readonly externalParameters: Record<string, unknown>;
      readonly resolvedDependencies: readonly { readonly uri: string; readonly digest: { sha256: string } }[];
    };
    readonly runDetails: { readonly byproducts: readonly { readonly annotations: object }[] };
  };
}

const read = (made: TestProject, file: string): unknown =>
  JSON.parse(readFileSync(join(made.root, 'artifacts/greet-all', file), 'utf8'));
const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('the statements of a product', () => {
  test('keep to the specifications, name their recipes and scripts, and have the milestones of the gate', async () => {
    const made = project();
    expect(await made.run(['run', 'greet-all'])).toMatchObject({ code: 0 });
    const step = await made.run(['provenance', 'greet-all/greet']);
    const gate = await made.run(['provenance', 'greet-all', '--gate']);
    const all = [read(made, 'provenance.json'), read(made, 'test-result.json')];
    all.push(JSON.parse(step.stdout), JSON.parse(gate.stdout));
    expect(all.map(statementFaults)).toEqual([[], [], [], []]);
    // The schemas refuse what the specifications do not name.
    const text = JSON.stringify(all[0]);
    const planted: unknown = JSON.parse(
      text.replace('"resolvedDependencies":[{', '"resolvedDependencies":[{"size":5,'),
    );
    expect(statementFaults(planted)).not.toEqual([]);
    expect(statementFaults({ ...(all[1] as object), subject: [] })).not.toEqual([]);
    // The pipeline, the recipes and the scripts with all their modules are among what they depend on.
    const { buildDefinition, runDetails } = (all[0] as Provenance).predicate;
    const files = ['pipelines/greet-all.yaml', 'recipes/greet.yaml', 'recipes/look.yaml'];
    for (const file of [...files, 'scripts/greet.ts', 'scripts/shout.ts'])
      expect(buildDefinition.resolvedDependencies).toContainEqual({
        uri: `project:${file}`,
        digest: { sha256: hash(join(made.root, file)) },
      });
    // So are the gate's result and its milestones.
    const { byproducts } = runDetails;
    const milestones = ['opened the file', 'read it'];
    expect(byproducts.map(({ annotations }) => annotations)).toEqual([
      { gate: 'look', recipe: 'look', result: 'PASSED', milestones },
    ]);
    expect(all[1]).toMatchObject({
      subject: [
        {
          name: 'greeting.txt',
          digest: { sha256: hash(join(made.root, 'artifacts/greet-all/greeting.txt')) },
        },
      ],
      predicate: {
        result: 'PASSED',
        passedTests: ['look: opened the file', 'look: read it'],
        failedTests: [],
      },
    });
  });

  test('have every parameter as it was used, and a changed one changes them', async () => {
    const made = project();
    await made.run(['run', 'greet-all']);
    const first = read(made, 'provenance.json') as Provenance;
    expect(first.predicate.buildDefinition.externalParameters).toEqual({
      pipeline: 'greet-all',
      product: 'greet-all',
      parameters: { name: `sha256:${hash(join(made.root, 'name.txt'))}`, words: ['hello', 'dear'] },
      steps: {
        greet: {
          recipe: 'greet',
          parameters: { loud: false, words: ['hello', 'dear'] },
          environment: 'none',
        },
        look: { recipe: 'look', parameters: {}, environment: 'none' },
      },
    });
    expect(JSON.stringify(first)).not.toContain(made.root);
    // A parameter that no byte of the product depends on is told all the same.
    const recipe = join(made.root, 'recipes/greet.yaml');
    writeFileSync(recipe, readFileSync(recipe, 'utf8').replace('default: false', 'default: true'));
    const again = await made.run(['run', 'greet-all']);
    expect(again.code).toBe(0);
    const second = read(made, 'provenance.json') as Provenance;
    expect(second.predicate.buildDefinition.externalParameters['steps']).toMatchObject({
      greet: { parameters: { loud: true } },
    });
    expect(
      (second as unknown as { subject: { name: string }[] }).subject.filter(
        ({ name }) => name === 'greeting.txt',
      ),
    ).toEqual(
      (first as unknown as { subject: { name: string }[] }).subject.filter(
        ({ name }) => name === 'greeting.txt',
      ),
    );
  });

  test('cannot be about a gate that there is none of', async () => {
    const made = project();
    const pipeline = join(made.root, 'pipelines/greet-all.yaml');
    const text = readFileSync(pipeline, 'utf8');
    writeFileSync(pipeline, text.replace('    gate: look\n', ''));
    const refused = await made.run(['run', 'greet-all']);
    expect(refused.stderr).toContain('The product greet-all has no gate');
    writeFileSync(pipeline, text.replace('    gate: look\n', '').replace(', test-result', ''));
    expect((await made.run(['run', 'greet-all'])).code).toBe(0);
    const asked = await made.run(['provenance', 'greet-all', '--gate']);
    expect(asked.stderr).toContain('the product greet-all has no gate');
    expect(asked.code).toBe(1);
  });
});

test('milestones are read from the report of a boot as it is written', () => {
  const reached = ['firmware  ', 'loader banner', 'kernel entered: 10.10.5'].map((milestone, index) => ({
    milestone: milestone.trim(),
    where: 'screen' as const,
    seen: `line ${index}  of it`,
    milliseconds: 1,
  }));
  const many = Array.from({ length: 120 }, (_, index) => ({
    milestone: `m${index + 1}`,
    where: 'serial' as const,
    seen: 'a line',
    milliseconds: 1,
  }));
  const ran = [{ name: 'firmware', digest: '12'.repeat(32) }];
  expect(readMilestones(milestoneLog('a boot: q35, 2 x cpu', ran, reached, 'QEMU ended'))).toEqual([
    'firmware',
    'loader banner',
    'kernel entered: 10.10.5',
  ]);
  expect(readMilestones(milestoneLog('a boot', ran, many, 'QEMU ended'))).toEqual(
    many.map(({ milestone }) => milestone),
  );
});

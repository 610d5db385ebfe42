import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { InvalidError, renderDiagnostic } from '../../src/base/index.ts';
import {
  findProject,
  jsonSchemas,
  listPipelines,
  listRecipes,
  planNamed,
  type Project,
} from '../../src/recipe/index.ts';
import { layOut, orchard, type Files } from './orchard.ts';

const projectRoot = join(import.meta.dirname, '../..');

/** Plans and lists everything in the orchard with some files changed; whatever is wrong must be a fault that can be shown. */
function survives(root: string, changes: Files): boolean {
  for (const [file, text] of Object.entries({ ...orchard, ...changes })) {
    if (file.endsWith('.yaml')) writeFileSync(join(root, file), text);
  }
  const project = findProject(root, root);
  const shown = ['cider', 'press', 'ferment', 'windfall', 'cellar'].flatMap((name) =>
    faultsShown(project, name),
  );
  for (const text of shown) expect(text.length).toBeLessThan(4000);
  listPipelines(project);
  listRecipes(project);
  return true;
}

function faultsShown(project: Project, name: string): string[] {
  let thrown: unknown;
  try {
    planNamed(project, name);
    return [];
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof InvalidError)) throw thrown;
  const { diagnostics, texts } = thrown;
  expect(diagnostics).not.toEqual([]);
  return diagnostics.map((diagnostic) => {
    const text = texts.get(diagnostic.file) ?? `no text of ${diagnostic.file}`;
    const { start, end } = diagnostic.span;
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeGreaterThanOrEqual(start);
    expect(end).toBeLessThanOrEqual(text.length + 1);
    return renderDiagnostic(diagnostic, () => text);
  });
}

const files = Object.keys(orchard).filter((file) => file.endsWith('.yaml')) as (keyof typeof orchard)[];

/** Words that mean something here, and what breaks a YAML file. */
const pieces = [
  ...new Set([...jsonSchemas().values()].join(' ').split(/[^a-z]+/)),
  ...[
    '${',
    '}',
    '{',
    '[',
    ']',
    ',',
    ': ',
    '- ',
    '\n',
    '\n  ',
    '\t',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '!!str ',
    '<<: ',
    '---\n',
  ],
  ...[
    '...\n',
    '%',
    '#',
    '?',
    '@',
    '`',
    '\0',
    '\r',
    '\ufeff',
    '\u2028',
    '\ud800',
    '~',
    'null',
    'true',
    '1e999',
    '-0',
    '.nan',
    '0x1F',
  ],
  ...[
    '9'.repeat(400),
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '../..',
    '/',
    '${press}',
    '${press.juice}',
    '$${',
  ],
];

describe('whatever stands in a file', () => {
  it('a mutated project ends in a plan or in faults', () => {
    const root = layOut(orchard);
    const mutation = fc.record({
      file: fc.constantFrom(...files),
      edits: fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          cut: fc.nat(30),
          put: fc.constantFrom('', ...pieces),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const changed: Record<string, string> = {};
        for (const { file, edits } of mutations) {
          let text: string = changed[file] ?? orchard[file];
          for (const { at, cut, put } of edits) {
            const from = Math.floor(at * text.length);
            text = text.slice(0, from) + put + text.slice(from + cut);
          }
          changed[file] = text;
        }
        return survives(root, changed);
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  it('any YAML value in place of a recipe, a pipeline, a buildroot ends in faults', () => {
    const root = layOut(orchard);
    const key = fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 }));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        tie('leaf'),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 6 }),
      ),
      leaf: fc.oneof(key, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
    }));
    fc.assert(
      fc.property(fc.constantFrom(...files), value, (file, content) =>
        survives(root, { [file]: stringify(content) }),
      ),
      { numRuns: 300 },
    );
  }, 120_000);

  it('any bytes end in faults', () => {
    const root = layOut(orchard);
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.uint8Array({ maxLength: 60 }), (file, bytes) =>
        survives(root, { [file]: bytes }),
      ),
      { numRuns: 200 },
    );
  }, 120_000);

  it("each of the project's own files may be cut off anywhere", () => {
    for (const folder of ['recipes', 'recipes/buildroots', 'pipelines']) {
      for (const name of readdirSync(join(projectRoot, folder))) {
        if (!name.endsWith('.yaml') || name === 'lock.yaml') continue;
        const text = readFileSync(join(projectRoot, folder, name), 'utf8');
        for (let part = 0; part < 8; part++) {
          const cut = text.slice(0, Math.floor((text.length * part) / 8));
          const root = layOut({ ...orchard, [`${folder}/${name}`]: cut });
          const project = findProject(root, root);
          const listed = [...listPipelines(project), ...listRecipes(project)];
          for (const entry of listed)
            for (const { message } of entry.diagnostics) expect(message).not.toBe('');
        }
      }
    }
  });

  it('a file that repeats itself to the limit of its size ends in time', () => {
    const mebibyte = 1 << 20;
    const repeated = [
      '[',
      '{',
      '- ',
      '? ',
      ': ',
      '&a ',
      '*a ',
      '!a ',
      '"',
      '|\n',
      '{}',
      '[]',
      ']',
      '---\n',
      '%A\n',
      '${',
      '\u00e9',
      'a: [',
      '[a: ',
      '- - a\n',
      '{a: ',
      ',',
      '"\\',
      'a:\n',
      "'",
    ];
    for (const piece of repeated) {
      const text = piece.repeat(Math.floor(mebibyte / Buffer.byteLength(piece)));
      const root = layOut({ ...orchard, 'recipes/press.yaml': text });
      expect(() => planNamed(findProject(root, root), 'cider')).toThrow(InvalidError);
    }
  }, 240_000);

  it('thousands of steps that all refer to nothing end in time', () => {
    const steps = Array.from(
      { length: 2000 },
      (_, i) => `  s-${i}: { recipe: none-${i}, with: { a: "\${t-${i}.b}" } }\n`,
    );
    const root = layOut({
      ...orchard,
      'pipelines/cider.yaml': `pipeline: cider\nsummary: s\nsteps:\n${steps.join('')}`,
    });
    expect(() => planNamed(findProject(root, root), 'cider')).toThrow(/more faults in this file/);
  });

  it('a chain of thousands of steps, the last one first, is put in order', () => {
    const count = 1500;
    const steps = Array.from(
      { length: count },
      (_, i) =>
        `  s-${count - i}: { recipe: ferment, with: { juice: "\${s-${count - i - 1}}" , days: 1 } }\n`,
    );
    const text = `pipeline: cider\nsummary: s\nsteps:\n${steps.join('')}  s-0: { recipe: windfall }\n`;
    const root = layOut({ ...orchard, 'pipelines/cider.yaml': text });
    const plan = planNamed(findProject(root, root), 'cider');
    expect(plan.steps[0]?.name).toBe('cellar');
    expect(plan.steps.at(-1)?.name).toBe(`s-${count}`);
  });

  it('a chain of defaults is followed only so far', () => {
    const parameters = Array.from(
      { length: 2000 },
      (_, i) => `  p-${i}: { type: string, default: "\${p-${i + 1}}" }\n`,
    );
    const text = orchard['pipelines/cider.yaml'].replace(
      'parameters:\n',
      () => `parameters:\n${parameters.join('')}  p-2000: { type: string, default: x }\n`,
    );
    const root = layOut({ ...orchard, 'pipelines/cider.yaml': text });
    expect(() => planNamed(findProject(root, root), 'cider')).toThrow(/The defaults refer to each other/);
  });
});

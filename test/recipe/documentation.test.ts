import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProject, planNamed } from '../../src/recipe/index.ts';
import { layOut, orchard } from './orchard.ts';

const root = join(import.meta.dirname, '../..');
const prose = readFileSync(join(root, 'docs/recipes.md'), 'utf8');

describe('docs/recipes.md', () => {
  it('shows files that make a plan', () => {
    const blocks = [...prose.matchAll(/```yaml\n# (\S+)\n([^]*?)```/g)];
    const files = Object.fromEntries(blocks.map(([, file = '', text = '']) => [file, text]));
    expect(Object.keys(files)).toHaveLength(7); // cidermill.yaml, a table, a buildroot, three recipes, a pipeline
    const project = layOut({
      ...files,
      'scripts/mill.ts': '',
      'scripts/press.ts': '',
      'scripts/windfall.ts': '',
    });
    const plan = planNamed(findProject(project, layOut(orchard)), 'cider');
    expect(plan.steps.map(({ name }) => name)).toEqual(['windfall', 'mill-tools', 'mill', 'press']);
  });

  it('lists every code that a fault can have', () => {
    const code = ['src/recipe', 'src/yaml'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(root, folder, file), 'utf8')),
    );
    const used = code.flatMap((text) =>
      [...text.matchAll(/(?:report\(\s*|code: )'([a-z0-9-]+)'/g)].map(([, word]) => word),
    );
    expect(new Set(used).size).toBeGreaterThan(25);
    for (const word of used) expect(prose).toContain(`\`${word ?? ''}\``);
  });
});

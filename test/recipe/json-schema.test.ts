import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  findProject,
  jsonSchemas,
  listPipelines,
  listRecipes,
  loadBuildroot,
  planNamed,
} from '../../src/recipe/index.ts';
import { orchard } from './orchard.ts';

const root = join(import.meta.dirname, '../..');

const folders = {
  recipe: 'recipes',
  pipeline: 'pipelines',
  buildroot: 'recipes/buildroots',
  table: 'recipes/tables',
  route: 'recipes/routes',
} as const;

/** zod reads our schemas as any editor would; conditions, which it does not know, are left out. */
function judge(name: keyof typeof folders): z.ZodType {
  const schema: unknown = JSON.parse(jsonSchemas().get(`${name}.schema.json`) ?? '', (key, value: unknown) =>
    key === 'allOf' ? undefined : value,
  );
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
}

function accepts(name: keyof typeof folders, yaml: string): boolean {
  return judge(name).safeParse(parse(yaml)).success;
}

describe('the JSON schemas in schema/', () => {
  it.each([...jsonSchemas()])('%s is what the code says', (file, text) => {
    const path = join(root, 'schema', file);
    expect(existsSync(path) ? readFileSync(path, 'utf8') : '', 'run `npm run schema`').toBe(text);
  });

  it('name the schema that editors are pointed at in every file', () => {
    for (const [name, folder] of Object.entries(folders)) {
      for (const file of yamlFiles(folder)) {
        const [, path] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(file, 'utf8')) ?? [];
        expect(path && join(file, '..', path), file).toBe(join(root, 'schema', `${name}.schema.json`));
      }
    }
  });

  it.each(Object.keys(folders) as (keyof typeof folders)[])(
    'a judge that is not ours accepts every %s',
    (name) => {
      for (const file of yamlFiles(folders[name])) {
        expect(judge(name).safeParse(parse(readFileSync(file, 'utf8'))), file).toMatchObject({
          success: true,
        });
      }
    },
  );

  it('the judge accepts and refuses what we do', () => {
    const press = orchard['recipes/press.yaml'];
    const cider = orchard['pipelines/cider.yaml'];
    expect(accepts('recipe', press)).toBe(true);
    expect(accepts('pipeline', cider)).toBe(true);
    expect(accepts('recipe', press.replace('summary:', 'sumary:'))).toBe(false);
    expect(accepts('recipe', press.replace('debian:', 'debain:'))).toBe(false);
    expect(accepts('recipe', press.replace('suite: trixie', 'url: https://example.org/'))).toBe(false);
    expect(accepts('recipe', press.replace('apples:', 'Apples:'))).toBe(false);
    expect(accepts('recipe', press.replace('{ buildroot: cellar }', 'cellar'))).toBe(false);
    expect(accepts('pipeline', cider.replace('recipe: press,', ''))).toBe(false);
    expect(accepts('pipeline', cider.replace('gate: ferment', 'gate: [ferment]'))).toBe(false);
    expect(accepts('buildroot', orchard['recipes/buildroots/cellar.yaml'])).toBe(true);
    expect(accepts('buildroot', 'buildroot: a\nsummary: b\nsuite: c\n')).toBe(false);
  });
});

describe("the project's own files", () => {
  const project = findProject(root, root);

  it('are without fault', () => {
    for (const { name, diagnostics } of [...listPipelines(project), ...listRecipes(project)]) {
      expect(diagnostics, name).toEqual([]);
    }
    for (const file of yamlFiles('recipes/buildroots')) {
      const name = file.replace(/^.*\/|\.yaml$/g, '');
      expect(loadBuildroot(project, name).name).toBe(name);
    }
  });

  it('make plans, those whose parameters all have defaults', () => {
    for (const { name } of listPipelines(project)) {
      const needed = readFileSync(join(root, 'pipelines', `${name}.yaml`), 'utf8');
      const { parameters } = parse(needed) as { parameters?: Record<string, { default?: unknown }> };
      if (Object.values(parameters ?? {}).some((parameter) => parameter.default === undefined)) continue;
      expect(planNamed(project, name).steps.length).toBeGreaterThan(0);
    }
  });
});

function yamlFiles(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.yaml') && file !== 'lock.yaml')
    .map((file) => join(root, folder, file));
}

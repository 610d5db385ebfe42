import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidError } from '../../src/base/index.ts';
import {
  findProject,
  listPipelines,
  listRecipes,
  loadBuildroot,
  loadPipeline,
  loadRecipe,
  loadSettings,
  planNamed,
  targetsOf,
} from '../../src/recipe/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { layOut, openOrchard, orchard, planOf } from './orchard.ts';

describe('a project', () => {
  it('is the nearest folder upwards with recipes/, pipelines/ or cidermill.yaml', () => {
    const root = layOut(orchard);
    mkdirSync(join(root, 'deep/er'), { recursive: true });
    expect(findProject(join(root, 'deep/er'), root)).toMatchObject({ root, cwd: join(root, 'deep/er') });
    expect(findProject(join(root, 'recipes/buildroots'), root).root).toBe(root);
    writeFileSync(join(root, 'deep/cidermill.yaml'), '');
    expect(findProject(join(root, 'deep/er'), root).root).toBe(join(root, 'deep'));
  });

  it('is the folder itself where there is none upwards', () => {
    const folder = freshFolder();
    expect(findProject(folder, folder).root).toBe(folder);
  });

  it('has the pipelines, recipes and buildroots of the package, and its own before them', () => {
    const builtin = layOut(orchard);
    const root = layOut({
      'recipes/windfall.yaml': orchard['recipes/windfall.yaml'].replace('lying about', 'picked up'),
      'scripts/windfall.ts': '',
    });
    const project = findProject(root, builtin);
    expect(loadRecipe(project, 'windfall')).toMatchObject({ root, summary: 'Apples that were picked up' });
    expect(loadRecipe(project, 'press')).toMatchObject({ root: builtin, file: 'recipes/press.yaml' });
    expect(loadBuildroot(project, 'cellar').packages).toEqual(['gcc', 'make']);
    const plan = planOf(project);
    expect(plan.root).toBe(root);
    expect(plan.steps.find(({ name }) => name === 'windfall')?.recipe.root).toBe(root);
  });

  it('names a file of the package by a path that leads to it', () => {
    const builtin = layOut({ ...orchard, 'recipes/press.yaml': 'recipe: press\n' });
    const project = findProject(layOut({ 'recipes/none.txt': '' }), builtin);
    expect(() => loadRecipe(project, 'press')).toThrow(join(builtin, 'recipes/press.yaml'));
  });

  it('reads a file once', () => {
    const project = openOrchard();
    expect(loadRecipe(project, 'press')).toBe(loadRecipe(project, 'press'));
  });

  it.each(['nothing', '../recipes/press', '', 'lock', 'a'.repeat(500)])('has no recipe "%s"', (name) => {
    const project = openOrchard({ 'recipes/lock.yaml': 'sources: {}\n' });
    expect(() => loadRecipe(project, name)).toThrow(InvalidError);
    expect(() => loadPipeline(project, name)).toThrow(InvalidError);
    expect(() => loadBuildroot(project, name)).toThrow(InvalidError);
  });

  it('refuses a recipe that is a folder, a pipe or a device, and does not wait for it', () => {
    const project = openOrchard({ 'recipes/press.yaml': null });
    mkdirSync(join(project.root, 'recipes/press.yaml'));
    symlinkSync('/dev/zero', join(project.root, 'recipes/endless.yaml'));
    expect(() => loadRecipe(project, 'press')).toThrow('regular file');
    expect(() => loadRecipe(project, 'endless')).toThrow('regular file');
  });
});

describe('the list', () => {
  it('has every pipeline and recipe with its summary, the faulty ones with their faults', () => {
    const project = openOrchard({ 'recipes/broken.yaml': 'recipe: broken\nsummary: Half a recipe\n' });
    expect(listPipelines(project).map(({ name, summary }) => [name, summary])).toEqual([
      ['cider', 'From apples to cider'],
    ]);
    const recipes = listRecipes(project);
    expect(recipes.map(({ name }) => name)).toEqual(['broken', 'buildroot', 'ferment', 'press', 'windfall']);
    expect(recipes[0]).toMatchObject({ summary: 'Half a recipe', own: true, file: 'recipes/broken.yaml' });
    expect(recipes[0]?.diagnostics.map(({ code }) => code)).toEqual([
      'missing-key',
      'missing-key',
      'missing-key',
    ]);
    expect(recipes[1]?.diagnostics).toEqual([]);
  });

  it("leaves the lockfile and other people's files out", () => {
    const project = openOrchard({
      'recipes/lock.yaml': 'x: 1\n',
      'recipes/README.md': '',
      'recipes/Odd.yaml': '',
    });
    expect(listRecipes(project).map(({ name }) => name)).toEqual([
      'buildroot',
      'ferment',
      'press',
      'windfall',
    ]);
  });
});

describe('what is to be locked', () => {
  const named = (names: string[]): unknown => {
    const { recipes, buildroots, unknown } = targetsOf(openOrchard(), names);
    return [recipes.map(({ name }) => name), buildroots.map(({ name }) => name), unknown];
  };

  it('is all of the project when nothing is named', () => {
    expect(named([])).toEqual([['buildroot', 'ferment', 'press', 'windfall'], ['cellar'], []]);
  });

  it("is a pipeline's recipes and buildroots, or the one recipe or buildroot", () => {
    expect(named(['cider'])).toEqual([['windfall', 'press', 'ferment'], ['cellar'], []]);
    expect(named(['press'])).toEqual([['press'], [], []]);
    expect(named(['cellar', 'nothing'])).toEqual([[], ['cellar'], ['nothing']]);
  });
});

describe('what was nearly right', () => {
  it.each([
    ['a recipe', 'recipes/mine.yml', (root: string) => planNamed(findProject(root, root), 'mine')],
    ['a pipeline', 'pipelines/mine.yml', (root: string) => planNamed(findProject(root, root), 'mine')],
    [
      'a buildroot',
      'recipes/buildroots/mine.yml',
      (root: string) => loadBuildroot(findProject(root, root), 'mine'),
    ],
    ['the settings', 'cidermill.yml', (root: string) => loadSettings(root)],
  ])('is %s in a file that ends in .yml: the fault says so, with its place', (_what, file, use) => {
    const root = freshFolder();
    mkdirSync(join(root, 'recipes/buildroots'), { recursive: true });
    mkdirSync(join(root, 'pipelines'));
    writeFileSync(join(root, file), 'recipe: mine\n');
    expect(() => use(root)).toThrow(
      expect.objectContaining({
        diagnostics: [
          expect.objectContaining({
            file,
            message: 'This file is not read, because its name does not end in .yaml.',
            hint: `Rename it to ${basename(file, '.yml')}.yaml.`,
          }) as object,
        ],
      }) as Error,
    );
  });

  it("is a file that ends in .yml: it does not let the package's file of that name pass for the project's", () => {
    const [root, builtin] = [freshFolder(), freshFolder()];
    mkdirSync(join(root, 'pipelines'));
    mkdirSync(join(builtin, 'pipelines'));
    const project = findProject(root, builtin);
    writeFileSync(
      join(builtin, 'pipelines/mine.yaml'),
      'pipeline: mine\nsummary: s\nsteps: { a: { recipe: a } }\n',
    );
    expect(loadPipeline(project, 'mine').summary).toBe('s');
    writeFileSync(join(root, 'pipelines/mine.yml'), '');
    expect(() => loadPipeline(findProject(root, builtin), 'mine')).toThrow('does not end in .yaml');
    expect(listPipelines(findProject(root, builtin))).toMatchObject([
      { name: 'mine', own: true, diagnostics: [{ code: 'name-mismatch' }] },
    ]);
  });

  it('is a folder given for a source: the caret stands under it', () => {
    const root = freshFolder();
    mkdirSync(join(root, 'recipes'));
    writeFileSync(
      join(root, 'recipes/mine.yaml'),
      'recipe: mine\nsummary: s\nenvironment: none\nscript: mine.ts\nsources: { tree: { url: "https://x/y" } }\noutputs: { a: a }\n',
    );
    writeFileSync(join(root, 'mine.ts'), '');
    const caretUnder = (sources: Record<string, string>): string => {
      try {
        planNamed(findProject(root, root), 'mine', {}, { sources });
      } catch (error) {
        const { diagnostics, texts } = error as InvalidError;
        const [{ file, span } = { file: '', span: { start: 0, end: 0 } }] = diagnostics;
        return (texts.get(file) ?? '').slice(span.start, span.end);
      }
      return 'no fault';
    };
    expect(caretUnder({ 'mine.tree': root })).toBe('no fault');
    expect(caretUnder({ 'mine.tee': root })).toBe('mine.tee');
    expect(caretUnder({ 'mine.tree': 'not/there' })).toBe('not/there');
  });
});

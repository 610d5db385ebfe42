import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidError } from '../../src/base/index.ts';
import { planNamed, targetsOf, type Overrides, type Plan, type Project } from '../../src/recipe/index.ts';
import { faultsOf, openOrchard, orchard, render } from './orchard.ts';

/** A cellar for each kind of barrel, and a mill of the version that is asked for. */
const barrels = {
  'recipes/store.yaml': `recipe: store
summary: Puts cider away
parameters:
  mill: { type: string, default: '1.2' }
  barrel: { type: choice, values: [oak, ash], default: oak }
sources:
  mill: { debian: 'cider-mill@\${mill}', suite: trixie, only: [stones/, axle], or: 'https://example.org/mill-\${mill}.tar' }
  rest: { debian: rest@1 }
environment: { buildroot: 'cellar-\${barrel}' }
script: scripts/press.ts
outputs: { barrel: barrel }
`,
  'recipes/buildroots/cellar-oak.yaml': orchard['recipes/buildroots/cellar.yaml'].replace(
    'cellar',
    'cellar-oak',
  ),
  'recipes/buildroots/cellar-ash.yaml': orchard['recipes/buildroots/cellar.yaml'].replace(
    'cellar',
    'cellar-ash',
  ),
  'pipelines/twice.yaml': `pipeline: twice
summary: Two barrels
steps:
  one: { recipe: store }
  two: { recipe: store, with: { mill: '2.0', barrel: ash } }
`,
};

function origins(plan: Plan, step: string): unknown[] {
  const found = plan.steps.find(({ name }) => name === step)?.recipe.sources.get('mill')?.origins;
  return (found ?? []).map(({ value }) => value);
}

function faults(project: Project, sources: Readonly<Record<string, string>>, set: Overrides = {}): string {
  try {
    planNamed(project, 'store', set, { sources });
    return '';
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    return render(error, project.root);
  }
}

describe('a recipe whose sources and buildroot depend on its parameters', () => {
  it('has those of its defaults, or of what it is given', () => {
    const project = openOrchard(barrels);
    const only = ['axle', 'stones'];
    expect(origins(planNamed(project, 'store'), 'store')).toEqual([
      { kind: 'debian', package: 'cider-mill', version: '1.2', suite: 'trixie', only },
      { kind: 'url', url: 'https://example.org/mill-1.2.tar', mirrors: [], unpack: true, only },
    ]);
    const plan = planNamed(project, 'store', { mill: '1.3', barrel: 'ash' });
    expect(origins(plan, 'store')).toMatchObject([
      { version: '1.3' },
      { url: 'https://example.org/mill-1.3.tar' },
    ]);
    expect(plan.steps.map(({ name }) => name)).toEqual(['cellar-ash', 'store']);
  });

  it('may be used twice in a pipeline, each time in its own way', () => {
    const plan = planNamed(openOrchard(barrels), 'twice');
    expect(plan.steps.map(({ name }) => name)).toEqual(['cellar-oak', 'one', 'cellar-ash', 'two']);
    expect(origins(plan, 'one')).toMatchObject([{ version: '1.2' }, {}]);
    expect(origins(plan, 'two')).toMatchObject([{ version: '2.0' }, {}]);
  });

  it('is locked in each way that a pipeline uses it, or as the command line says', () => {
    const project = openOrchard(barrels);
    const versions = (names: readonly string[], set?: Overrides): unknown[] =>
      targetsOf(project, names, set).recipes.map(
        (recipe) => (recipe.sources.get('mill')?.origins[0]?.value as { version: string }).version,
      );
    expect(versions(['twice'])).toEqual(['1.2', '2.0']);
    expect(targetsOf(project, ['twice']).buildroots.map(({ name }) => name)).toEqual([
      'cellar-oak',
      'cellar-ash',
    ]);
    expect(versions(['store'])).toEqual(['1.2']);
    expect(versions(['store'], { mill: '0.9' })).toEqual(['0.9']);
    expect(() => targetsOf(project, ['store'], { mil: '0.9' })).toThrow(/no parameter or input "mil"/);
  });

  it('is checked as what the parameters make it', () => {
    expect(faultsOf(openOrchard(barrels), 'store', { mill: 'new' })).toMatch(
      /does not end in a Debian version/,
    );
    expect(
      faultsOf(openOrchard({ ...barrels, 'recipes/buildroots/cellar-ash.yaml': null }), 'store', {
        barrel: 'ash',
      }),
    ).toMatch(/There is no buildroot "cellar-ash"/);
  });

  it('can refer to nothing but its parameters', () => {
    const text = barrels['recipes/store.yaml']
      .replace('mill@${mill}', 'mill@${mil}')
      .replace('-${barrel}', '-${press.x}');
    const said = faultsOf(openOrchard({ ...barrels, 'recipes/store.yaml': text }), 'store');
    expect(said).toMatch(
      /store\.yaml:7:\d+ +unknown-reference[^]*no parameter "mil"\.\s+hint: Did you mean "mill"\?/,
    );
    expect(said).toMatch(/unknown-reference[^]*no parameter "press\.x"/);
  });
});

describe("a folder of the user's in place of a source", () => {
  it('replaces it, with the parts that the recipe wants', () => {
    const project = openOrchard(barrels);
    mkdirSync(join(project.root, 'my mill'));
    const plan = planNamed(project, 'store', {}, { sources: { 'store.mill': 'my mill' } });
    expect(origins(plan, 'store')).toEqual([
      { kind: 'local', path: '.', folder: join(project.root, 'my mill'), only: ['axle', 'stones'] },
    ]);
  });

  it('is refused for a source that no step has, and when it is no folder', () => {
    const project = openOrchard(barrels);
    expect(faults(project, { 'store.mil': '.' })).toMatch(/unknown-source[^]*Did you mean "store\.mill"\?/);
    expect(faults(project, { 'store.mill': 'none' })).toMatch(/missing-file[^]*There is no folder none/);
  });
});

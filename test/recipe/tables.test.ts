import { describe, expect, it } from 'vitest';
import { planNamed, targetsOf, type Overrides } from '../../src/recipe/index.ts';
import { faultsOf, openOrchard, orchard, type Files } from './orchard.ts';

const barrels = `table: barrels
summary: The barrels there are
default: oak
values:
  oak: { mill: '1.2', buildroot: cellar, hoops: [iron] }
  '10.0': { mill: '2.0', buildroot: attic, hoops: [hazel, iron] }
`;

const store = `recipe: store
summary: Puts cider away
parameters:
  barrel: { type: choice, of: barrels }
  hoops: { type: list, default: '\${barrel.hoops}' }
  label: { type: string, default: 'of \${barrel.buildroot}' }
sources:
  mill: { debian: 'cider-mill@\${barrel.mill}' }
environment: { buildroot: '\${barrel.buildroot}' }
script: scripts/press.ts
outputs: { barrel: barrel }
`;

const pipeline = `pipeline: away
summary: Into a barrel
parameters:
  barrel: { type: choice, of: barrels }
  mill: { type: string, default: 'mill \${barrel.mill}' }
steps:
  store: { recipe: store, with: { barrel: '\${barrel}', label: '\${mill}' } }
`;

const files = {
  'recipes/tables/barrels.yaml': barrels,
  'recipes/store.yaml': store,
  'recipes/buildroots/attic.yaml': orchard['recipes/buildroots/cellar.yaml'].replace('cellar', 'attic'),
  'pipelines/away.yaml': pipeline,
} satisfies Files;

/** What a step is given, what it is made from and where. */
function stored(name: string, set: Overrides = {}): unknown {
  const plan = planNamed(openOrchard(files), name, set);
  const step = plan.steps.find((each) => each.name === 'store');
  return {
    ...Object.fromEntries([...(step?.parameters ?? [])].map(([key, { value }]) => [key, value])),
    mill: step?.recipe.sources.get('mill')?.origins[0]?.value,
    root: step?.buildrootStep,
  };
}

const mill = (version: string): unknown => ({ kind: 'debian', package: 'cider-mill', version });

describe('a choice of a table', () => {
  it("is the table's own default, with all that follows from it", () => {
    const oak = { barrel: 'oak', hoops: ['iron'], mill: mill('1.2'), root: 'cellar' };
    expect(stored('store')).toEqual({ ...oak, label: 'of cellar' });
    expect(stored('away')).toEqual({ ...oak, label: 'mill 1.2' });
  });

  it('brings what follows from another value, in a recipe as through a pipeline', () => {
    const other = { barrel: '10.0', hoops: ['hazel', 'iron'], mill: mill('2.0'), root: 'attic' };
    expect(stored('store', { barrel: '10.0' })).toEqual({ ...other, label: 'of attic' });
    expect(stored('away', { barrel: '10.0' })).toEqual({ ...other, label: 'mill 2.0' });
  });

  it('is locked as it is chosen', () => {
    const versions = (set: Overrides): unknown[] =>
      targetsOf(openOrchard(files), ['store'], set).recipes.map(
        (recipe) => recipe.sources.get('mill')?.origins[0]?.value,
      );
    expect(versions({})).toEqual([mill('1.2')]);
    expect(versions({ barrel: '10.0' })).toEqual([mill('2.0')]);
  });

  it('gives way to a value of its own', () => {
    expect(stored('store', { barrel: '10.0', hoops: '[rope]' })).toMatchObject({ hoops: ['rope'] });
  });

  it('is none of any other', () => {
    expect(faultsOf(openOrchard(files), 'store', { barrel: 'ash' })).toMatch(
      /"ash" is not one of the choices/,
    );
  });
});

describe('what is wrong with a table', () => {
  const faults = (changes: Files, name = 'store'): string =>
    faultsOf(openOrchard({ ...files, ...changes }), name);
  const table = (from: string, to: string): Files => ({
    'recipes/tables/barrels.yaml': barrels.replace(from, to),
  });
  const recipe = (from: string, to: string): Files => ({
    'recipes/store.yaml': store.replace(from, () => to),
  });

  it('is nothing, to begin with', () => {
    expect(faults({})).toBe('');
  });

  it.each<[string, Files, RegExp]>([
    ['that it is not there', recipe('of: barrels', 'of: barels'), /unknown-table[^]*Did you mean "barrels"/],
    ['a column that one value lacks', table(', hoops: [iron] }', ' }'), /"oak" needs the column "hoops"/],
    ['a default that is no value', table('default: oak', 'default: oka'), /"oka" is not one of the values/],
    ['a cell that is a number', table("mill: '1.2'", 'mill: 1.2'), /Expected text, found the number/],
    ['another name than its file has', table('table: barrels', 'table: casks'), /name-mismatch/],
    ['a value without an end', table('oak:', `${'o'.repeat(65)}:`), /has 1 to 64 characters/],
    [
      'a reference to no column',
      recipe('barrel.hoops', 'barrel.hops'),
      /no column "hops"[^]*Did you mean "hoops"/,
    ],
    [
      'a list in the place of a text',
      recipe('of ${barrel.buildroot}', '${barrel.hoops}'),
      /is of type string, and this is of type list/,
    ],
    [
      'a default that is another parameter',
      recipe('of ${barrel.buildroot}', '${barrel}'),
      /may refer to a column of a table/,
    ],
    ['values beside it', recipe('of: barrels', 'of: barrels, values: [oak]'), /has values and a table/],
  ])('tells %s', (_what, changes, message) => {
    expect(faults(changes)).toMatch(message);
  });

  it('is told once, though two files use it', () => {
    const told = faults(table('default: oak', 'default: oka'), 'away');
    expect(told.match(/is not one of the values/g)).toHaveLength(1);
  });
});

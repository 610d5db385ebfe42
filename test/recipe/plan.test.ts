import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lineAndColumn, type Place } from '../../src/base/index.ts';
import { findProject, planNamed, type Plan, type PlannedStep } from '../../src/recipe/index.ts';
import { faultsOf, layOut, openOrchard, orchard, planOf } from './orchard.ts';

function stepOf(plan: Plan, name: string): PlannedStep {
  const step = plan.steps.find((each) => each.name === name);
  if (step === undefined)
    throw new Error(`no step ${name} among ${plan.steps.map((each) => each.name).join(', ')}`);
  return step;
}

function parametersOf(step: PlannedStep): unknown {
  return Object.fromEntries([...step.parameters].map(([name, { value }]) => [name, value]));
}

function inputsOf(step: PlannedStep): unknown {
  return Object.fromEntries([...step.inputs].map(([name, { value }]) => [name, value]));
}

/** The text a place covers. */
function textAt({ file, span }: Place): string {
  return (orchard as Readonly<Record<string, string>>)[file]?.slice(span.start, span.end) ?? file;
}

describe('the plan of a pipeline', () => {
  it('has the steps its products need, each after what it needs, the buildroot as a step of its own', () => {
    const plan = planOf(openOrchard());
    expect(plan.steps.map(({ name, after }) => [name, after])).toEqual([
      ['windfall', []],
      ['cellar', []],
      ['press', ['cellar', 'windfall']],
      ['ferment', ['cellar', 'press']],
    ]);
    expect(plan.unneeded).toEqual(['taste']);
    expect(stepOf(plan, 'press').buildrootStep).toBe('cellar');
    expect(stepOf(plan, 'windfall').buildrootStep).toBeUndefined();
  });

  it('has all steps when there are no products', () => {
    const pipeline = orchard['pipelines/cider.yaml'].replace(/products:[^]*/, '');
    const plan = planOf(openOrchard({ 'pipelines/cider.yaml': pipeline }));
    expect(plan.steps.map(({ name }) => name)).toEqual(['windfall', 'cellar', 'press', 'ferment', 'taste']);
    expect(plan.products).toEqual([]);
  });

  it('gives each step its parameters: set by the pipeline, or the default; sizes in bytes', () => {
    const plan = planOf(openOrchard());
    expect(parametersOf(stepOf(plan, 'press'))).toEqual({
      cask: 20 * 2 ** 30,
      label: `cask of ${20 * 2 ** 30}`,
      flags: ['--fine', '--slow'],
      force: 3,
      kind: 'sweet',
      hot: false,
    });
    expect(parametersOf(stepOf(plan, 'cellar'))).toEqual({ suite: 'bookworm', packages: ['gcc', 'make'] });
    expect(stepOf(plan, 'cellar').buildroot).toMatchObject({ name: 'cellar', suite: 'bookworm' });
  });

  it('knows which outputs may vary, and why', () => {
    const press = orchard['recipes/press.yaml'].replace('juice.bin', '{ path: juice.bin, varies: it foams }');
    const { outputs, varies } = stepOf(planOf(openOrchard({ 'recipes/press.yaml': press })), 'press').recipe;
    expect(outputs.get('juice')?.value).toBe('juice.bin');
    expect([...varies].map(([name, { value }]) => [name, value])).toEqual([['juice', 'it foams']]);
  });

  it('binds inputs to outputs, also through a default', () => {
    const plan = planOf(openOrchard());
    expect(inputsOf(stepOf(plan, 'press'))).toEqual({
      apples: { kind: 'output', step: 'windfall', output: 'apples' },
    });
    expect(inputsOf(stepOf(plan, 'ferment'))).toEqual({
      juice: { kind: 'output', step: 'press', output: 'juice' },
    });
    expect(plan.products).toMatchObject([{ name: 'cider', gate: 'ferment' }]);
    expect([...(plan.products[0]?.from ?? [])].map(([entry, { value }]) => [entry, value])).toEqual([
      ['cider', { kind: 'output', step: 'ferment', output: 'cider' }],
    ]);
  });

  it("takes the user's file in place of the sample, whose step is then unneeded", () => {
    const project = openOrchard({ 'bushel.bin': 'apples' });
    const plan = planOf(project, 'cider', { apples: 'bushel.bin', cask: '1G', days: '3' });
    expect(inputsOf(stepOf(plan, 'press'))).toEqual({
      apples: { kind: 'file', path: join(project.root, 'bushel.bin') },
    });
    expect(plan.unneeded).toEqual(['windfall', 'taste']);
    expect(parametersOf(stepOf(plan, 'press'))).toMatchObject({ cask: 2 ** 30 });
    expect(parametersOf(stepOf(plan, 'ferment'))).toEqual({ days: 3 });
  });

  it("looks for the user's file from where the user is", () => {
    const root = layOut({ ...orchard, 'cart/bushel.bin': 'apples' });
    const plan = planNamed(findProject(join(root, 'cart'), root), 'cider', { apples: 'bushel.bin' });
    expect(inputsOf(stepOf(plan, 'press'))).toEqual({
      apples: { kind: 'file', path: join(root, 'cart/bushel.bin') },
    });
  });

  it('knows where each value was written, down to the item of a list', () => {
    const plan = planOf(openOrchard());
    const press = stepOf(plan, 'press');
    const flags = press.parameters.get('flags');
    expect(flags?.items?.map(textAt)).toEqual(['--fine', '--slow']);
    expect(press.parameters.get('cask')).toMatchObject({ file: 'pipelines/cider.yaml' });
    expect(textAt(press.parameters.get('cask') as Place)).toBe('20G');
    expect(textAt(press)).toBe('press');
    const packages = stepOf(plan, 'cellar').parameters.get('packages');
    const make = packages?.items?.[1];
    expect(lineAndColumn(orchard['recipes/buildroots/cellar.yaml'], make?.span.start ?? 0)).toEqual({
      line: 6,
      column: 5,
    });
  });

  it('keeps the type of a reference, a list with the places of its items', () => {
    const pipeline = orchard['pipelines/cider.yaml']
      .replace(
        'parameters:',
        'parameters:\n  how: { type: list, default: [-a, "b ${days}"] }\n  warm: { type: boolean, default: true }',
      )
      .replace(
        'label: "cask of ${cask}"',
        () => 'label: "$${x} ${warm}", flags: "${how}", hot: "${warm}", force: "${days}"',
      );
    const press = stepOf(planOf(openOrchard({ 'pipelines/cider.yaml': pipeline })), 'press');
    expect(parametersOf(press)).toMatchObject({
      flags: ['-a', 'b 14'],
      hot: true,
      force: 14,
      label: '${x} true',
    });
    expect(press.parameters.get('flags')?.items).toHaveLength(2);
  });

  it('takes a list from the command line as a YAML list or item by item', () => {
    const pipeline = orchard['pipelines/cider.yaml']
      .replace('parameters:', 'parameters:\n  how: { type: list, default: [] }')
      .replace('label: "cask of ${cask}"', 'flags: "${how}"');
    const flags = (how: string | string[]): unknown =>
      stepOf(
        planOf(openOrchard({ 'pipelines/cider.yaml': pipeline }), 'cider', { how }),
        'press',
      ).parameters.get('flags')?.value;
    expect(flags('[-a, "-b c"]')).toEqual(['-a', '-b c']);
    expect(flags('-a,b')).toEqual(['-a,b']);
    expect(flags(['-a', '-b'])).toEqual(['-a', '-b']);
  });

  it('is the same whatever order the steps are written in, but for that order', () => {
    const lines = orchard['pipelines/cider.yaml'].split('\n');
    const from = lines.findIndex((line) => line.startsWith('  windfall'));
    const reversed = [
      ...lines.slice(0, from),
      ...lines.slice(from, from + 4).reverse(),
      ...lines.slice(from + 4),
    ];
    const plan = planOf(openOrchard({ 'pipelines/cider.yaml': reversed.join('\n') }));
    const position = new Map(plan.steps.map(({ name }, index) => [name, index]));
    for (const { name, after } of plan.steps)
      for (const before of after) expect(position.get(before)).toBeLessThan(position.get(name) ?? 0);
    expect(plan.unneeded).toEqual(['taste']);
  });

  it("makes no buildroots on the host's own tools", () => {
    const plan = planNamed(openOrchard(), 'cider', {}, { onHost: true });
    expect(plan.steps.map(({ name, after }) => [name, after])).toEqual([
      ['windfall', []],
      ['press', ['windfall']],
      ['ferment', ['press']],
    ]);
  });
});

describe('the plan of a recipe alone', () => {
  it("is one step with the user's files as inputs, and a product of all it makes", () => {
    const project = openOrchard({ 'bushel.bin': '' });
    const plan = planOf(project, 'press', { apples: 'bushel.bin', cask: '1M', flags: '[-x]' });
    expect(plan.steps.map(({ name }) => name)).toEqual(['cellar', 'press']);
    expect(inputsOf(stepOf(plan, 'press'))).toEqual({
      apples: { kind: 'file', path: join(project.root, 'bushel.bin') },
    });
    expect(parametersOf(stepOf(plan, 'press'))).toMatchObject({ cask: 1 << 20, flags: ['-x'], force: 3 });
    expect(plan.products.map(({ name, from }) => [name, [...from.keys()]])).toEqual([
      ['press', ['juice', 'pomace']],
    ]);
  });

  it('is no plan without its inputs', () => {
    expect(faultsOf(openOrchard(), 'press')).toContain('missing-input');
  });
});

describe('an origin', () => {
  const originsOf = (source: string): unknown[] => {
    const text = orchard['recipes/press.yaml'].replace(/ {2}mill: .*/, `  mill: ${source}`);
    const plan = planNamed(openOrchard({ 'recipes/press.yaml': text }), 'cider');
    return (
      stepOf(plan, 'press')
        .recipe.sources.get('mill')
        ?.origins.map(({ value }) => value) ?? []
    );
  };

  it('is read with all that it may come from instead, in that order', () => {
    expect(
      originsOf(
        '{ debian: g++@1:2.3~rc1-4+b1, or: [https://example.org/a.tar, { git: /srv/a.git, revision: v1.0, or: { svn: "svn://example.org/a", revision: 7 } }] }',
      ),
    ).toEqual([
      { kind: 'debian', package: 'g++', version: '1:2.3~rc1-4+b1' },
      { kind: 'url', url: 'https://example.org/a.tar', mirrors: [], unpack: true },
      { kind: 'git', repository: '/srv/a.git', revision: 'v1.0' },
      { kind: 'svn', repository: 'svn://example.org/a', revision: 7 },
    ]);
  });

  it('of a URL may have mirrors and stay packed', () => {
    expect(
      originsOf('{ url: "http://127.0.0.1:8080/a", mirrors: ["http://[::1]/a"], unpack: false }'),
    ).toEqual([{ kind: 'url', url: 'http://127.0.0.1:8080/a', mirrors: ['http://[::1]/a'], unpack: false }]);
  });
});

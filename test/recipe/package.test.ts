import { expect, test } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { findProject, listPipelines, listRecipes, loadRecipe, planNamed } from '../../src/recipe/index.ts';

const project = findProject(packageRoot, packageRoot);

test.each(listPipelines(project).map(({ name }) => name))(
  'the pipeline %s is without fault, and what it publishes waits for a boot',
  (name) => {
    const plan = planNamed(project, name);
    for (const { gate } of plan.products) {
      const step = plan.steps.find((each) => each.name === gate);
      // A disc alone is no machine yet.
      if (name !== 'installer-iso') expect(step?.recipe.name).toMatch(/-boot$/);
    }
    expect(plan.products).toHaveLength(1);
  },
);

test.each(listRecipes(project).map(({ name }) => name))('the recipe %s is without fault', (name) => {
  expect(loadRecipe(project, name).summary).not.toBe('');
});

test('the ready image is what a guest starts from: both boots see its disk, and it is there to be published', () => {
  const { steps, products } = planNamed(project, 'ready-image');
  const [product] = products;
  expect([...(product?.from.keys() ?? [])]).toEqual(
    expect.arrayContaining(['disk', 'iso', 'boot', 'bios', 'qemu']),
  );
  for (const name of ['smoke', 'boot']) {
    const disk = steps.find((each) => each.name === name)?.inputs.get('disk')?.value;
    expect(disk).toEqual(product?.from.get('disk')?.value);
  }
});

import { expect, test } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { usualQemu } from '../../src/guest/index.ts';
import { findProject, listPipelines, listRecipes, loadRecipe, planNamed } from '../../src/recipe/index.ts';
import { layOut } from './orchard.ts';

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

test("a project's own table of kernels and its own buildroot are what KVM modules are built for", () => {
  const root = layOut({
    'recipes/tables/kernels.yaml': `table: kernels
summary: Debian 12's kernel for real time
default: realtime
values:
  realtime: { linux: 6.1.176, kernel: '6.1', suite: bookworm, buildroot: kvm-realtime }
`,
    'recipes/buildroots/kvm-realtime.yaml': `buildroot: kvm-realtime
summary: Its compiler and headers
suite: bookworm
packages: [gcc, libc6-dev, make, patch, kmod, python3-lib2to3, linux-headers-6.1.0-50-rt-amd64]
`,
  });
  const plan = planNamed(findProject(root, packageRoot), 'kvm-modules', { build: 'always' });
  expect(plan.steps.map(({ name }) => name)).toEqual(['kvm-realtime', 'kvm-modules']);
  expect(plan.tables).toEqual(['kernels']);
});

test('what is assumed of QEMU before one is built is the release that is built', () => {
  const { tables } = planNamed(project, 'quickstart');
  expect(tables).toEqual(['qemu']);
  const release = loadRecipe(project, 'qemu-programs').parameters.get('qemu-release');
  expect(release?.default?.value).toBe(usualQemu);
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

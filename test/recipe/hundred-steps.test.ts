import { describe, expect, it } from 'vitest';
import { findProject, planNamed } from '../../src/recipe/index.ts';
import { layOut, orchard } from './orchard.ts';

/** A pipeline of a hundred steps in which every step takes what one before it made. */
function hundredSteps(): string {
  const steps = Array.from({ length: 99 }, (_, i) => {
    const before = i === 0 ? 'windfall' : `step-${Math.floor(i / 2)}`;
    return `  step-${i}: { recipe: ferment, with: { juice: "\${${before}}", days: "\${days}" } }\n`;
  });
  const head =
    'pipeline: hundred\nsummary: A hundred steps\nparameters:\n  days: { type: integer, default: 3 }\nsteps:\n';
  return `${head}  windfall: { recipe: windfall }\n${steps.join('')}`;
}

describe('a pipeline of a hundred steps', () => {
  it('is planned whole, each step after the one it takes from', () => {
    const root = layOut({ ...orchard, 'pipelines/hundred.yaml': hundredSteps() });
    const plan = planNamed(findProject(root, root), 'hundred', { days: '7' });
    expect(plan.steps).toHaveLength(101);
    expect(plan.steps.map(({ name }) => name).slice(0, 4)).toEqual([
      'windfall',
      'cellar',
      'step-0',
      'step-1',
    ]);
    expect(plan.steps.at(-1)?.after).toEqual(['cellar', 'step-49']);
    expect(plan.steps.at(-1)?.parameters.get('days')?.value).toBe(7);
  });

  it('is the same plan every time', () => {
    const root = layOut({ ...orchard, 'pipelines/hundred.yaml': hundredSteps() });
    const plan = (): string => JSON.stringify(planNamed(findProject(root, root), 'hundred').steps);
    expect(plan()).toBe(plan());
  });
});

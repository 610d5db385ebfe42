import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { InvalidError } from '../../src/base/index.ts';
import { findProject, planNamed } from '../../src/recipe/index.ts';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';

it('a file that is an installer’s application is the image in it, and nothing else is taken for one', () => {
  const folder = freshFolder();
  const app = join(folder, 'Install OS X Yosemite.app');
  const image = join(app, 'Contents/SharedSupport/InstallESD.dmg');
  mkdirSync(dirname(image), { recursive: true });
  writeFileSync(image, 'an image');
  const inputsOf = (installer: string): unknown[] => {
    const plan = planNamed(findProject(packageRoot, packageRoot), 'quickstart', { installer });
    return [...(plan.steps.find(({ name }) => name === 'iso')?.inputs.values() ?? [])].map(
      ({ value }) => value,
    );
  };
  for (const path of [app, image]) expect(inputsOf(path)).toContainEqual({ kind: 'file', path: image });
  rmSync(image);
  for (const path of [app, folder]) expect(() => inputsOf(path)).toThrow(InvalidError);
});

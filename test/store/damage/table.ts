import { beforeAll, describe, expect, it } from 'vitest';
import { fileFolder } from '../../rig/folder.ts';
import type { Damage } from './damages.ts';
import { soundProject, type DamagedProject } from './project.ts';

/**
 * Each damage before each command. Nothing may be called a bug, no command may fail, and what is published afterwards
 * must be what a run from an empty store publishes; a file of a product that is not, must be named.
 */
export function damageTable(damages: readonly Damage[]): void {
  describe('a store with damage in it', () => {
    const [folder, other] = [fileFolder(), fileFolder()];
    let sound: DamagedProject;
    const fromNothing = { first: '', second: '' };

    beforeAll(async () => {
      sound = await soundProject(folder, 'first');
      fromNothing.first = sound.published();
      fromNothing.second = (await soundProject(other, 'second')).published();
      expect(fromNothing.first).toMatch(/^result\.txt - first\n/m);
      expect(fromNothing.second).toMatch(/^result\.txt - second\n/m);
    });

    it('is sound before, and everything in it is cached', async () => {
      expect(await sound.copy().run('first')).toEqual({ outcome: 'done', executed: [], said: [] });
      expect(await sound.verify(false)).toMatchObject({ faults: [], incomplete: [], tainted: [] });
    });

    it.each(damages)('$kind: $what', async ({ kind, make }) => {
      const damaged = (): DamagedProject => {
        const project = sound.copy();
        make(project);
        return project;
      };

      const used = damaged();
      const second = await used.run('second');
      expect(second, 'a run that uses it').toMatchObject({ outcome: 'done', said: [] });
      expect(second.executed).toEqual(expect.arrayContaining(['use', 'inside']));
      expect(used.published(), 'made by a run that uses it').toBe(fromNothing.second);

      const idle = damaged();
      const first = await idle.run('first');
      expect(first, 'a run with nothing to do').toMatchObject({ outcome: 'done' });
      if (first.said.length === 0) expect(idle.published()).toBe(fromNothing.first);
      else expect(first.said).toEqual(kind === 'product' ? ['changed: result.txt'] : []);

      const asked = damaged();
      expect(await asked.plan()).not.toMatch(/bug|failure/);
      expect(await asked.list()).toMatch(/^\d+ artifacts$/);
      expect(JSON.stringify(await asked.verify(false)), 'verify').not.toMatch(/a bug/);
      expect(await asked.verify(true), 'mend').toHaveProperty('faults');
      expect(await asked.verify(false), 'verify after mend').toMatchObject({
        faults: [],
        incomplete: [],
        tainted: [],
      });
      asked.removeProduct();
      expect(await asked.run('first'), 'a run after mend').toMatchObject({ outcome: 'done', said: [] });
      expect(asked.published(), 'made after mend').toBe(fromNothing.first);

      const collected = damaged();
      expect(await collected.gc(2 ** 40), 'gc').toMatch(/^removed/);
      collected.removeProduct();
      expect(await collected.run('first'), 'a run after gc').toMatchObject({ outcome: 'done', said: [] });
      expect(collected.published(), 'made after gc').toBe(fromNothing.first);
    });
  });
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bootPlist, bootPlistPath } from '../../src/guest/boot-plist.ts';
import { makeIso, makeSample, openMedium, planIso } from '../../src/installer/index.ts';
import { temporaryFolder } from '../vm/guests.ts';
import { bootLoader, buildKernel, buildLoader, listings } from './standins.ts';

/*
 * The boot of the loader that `ready-image` has as its gate, with the stand-in's discs as it makes them: every form of the
 * loader's list, each map, with settings and without. It runs no pipeline and builds no QEMU.
 */
const maps = ['gpt', 'apm'] as const;
const settings = { none: undefined, some: bootPlist({ timeout: 30, gui: false, kernelFlags: ['cham=iso'] }) };
const discs = new Map<string, string>();

beforeAll(async () => {
  const folder = temporaryFolder();
  const kernel = readFileSync(buildKernel());
  for (const map of maps) {
    const installer = join(folder, `${map}.dmg`);
    await makeSample({ version: '10.10.5', map, size: 5 * 2 ** 20, kernel }, installer);
    for (const [name, plist] of Object.entries(settings)) {
      const iso = join(folder, `${map}-${name}.iso`);
      const medium = await openMedium(installer);
      const files = plist && new Map([[bootPlistPath, plist]]);
      await makeIso(medium, await planIso(medium, { files }), iso);
      await medium.close();
      discs.set(`${map}-${name}`, iso);
    }
  }
});

describe.each(listings)("an installer's disc, listed in the form %s", (listing) => {
  it.each(maps.flatMap((map) => Object.keys(settings).map((which) => `${map}-${which}`)))(
    'leads along the route of Chameleon into the kernel, 9 of 9, on the disc %s',
    async (disc) => {
      const { reached } = await bootLoader({
        loader: buildLoader({ listing, words: 'chameleon' }),
        iso: discs.get(disc) ?? '',
        route: 'chameleon',
        values: { volume: 'OS X Base System', version: '10.10.5', darwin: '14.5.0' },
      });
      expect(reached).toHaveLength(9);
    },
  );
});

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { testProject } from '../rig/project.ts';
import { temporaryFolder } from '../vm/guests.ts';
import { buildLoader, listings } from './standins.ts';

/*
 * Whole runs of the pipeline, with the stand-in as a prebuilt loader: every form of its list, each map of the disc, with
 * settings on it and without. QEMU and the firmware are built once, or come from the store that CIDERMILL_STORE names.
 */
const maps = ['gpt', 'apm'] as const;
const settings = { none: '[]', some: '[GUI=No, Timeout=30, Kernel Flags=cham=iso]' };
const patience = 900_000;

const store = process.env['CIDERMILL_STORE'] ?? temporaryFolder();

describe.each(listings)('ready-image, with a loader that lists volumes in the form %s', (listing) => {
  it.each(maps.flatMap((map) => Object.keys(settings).map((which) => [map, which] as const)))(
    'is published on a disc with a map of %s and settings: %s',
    async (map, which) => {
      const loader = buildLoader({ listing, words: 'chameleon' });
      const project = testProject({});
      const { code, stdout, stderr } = await project.run(
        [
          ...['run', 'ready-image', '--source', `chameleon.tree=${dirname(loader)}`],
          ...['--set', 'via=prebuilt', '--set', `sha256=${sha256(readFileSync(loader))}`],
          ...['--set', `stand-in-map=${map}`, '--set', `stand-in-settings=${settings[which as 'none']}`],
        ],
        { CIDERMILL_STORE: store },
      );
      expect(code, stdout + stderr).toBe(0);
      const product = join(project.root, 'artifacts/ready-image');
      const milestones = readFileSync(join(product, 'milestones.txt'), 'utf8');
      expect(milestones.match(/^ *\d+ {2}/gm)).toHaveLength(9);
      // Of the boot without a key, by the settings on a disc.
      expect(readFileSync(join(product, 'console.txt'), 'utf8')).toContain('cham=iso');
    },
    patience,
  );
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testProject } from '../rig/project.ts';
import { temporaryFolder } from '../vm/guests.ts';

/*
 * The whole pipeline, from nothing or from the store that CIDERMILL_STORE names, and its parts once more at another time and
 * place.
 */
const store = process.env['CIDERMILL_STORE'] ?? temporaryFolder();
const patience = 3_600_000;

describe('uefi-image', () => {
  it(
    'is published when the stand-in for boot.efi has seen everything',
    async () => {
      const project = testProject({});
      const { code, stdout, stderr } = await project.run(['run', 'uefi-image'], { CIDERMILL_STORE: store });
      expect(code, stdout + stderr).toBe(0);
      const product = join(project.root, 'artifacts/uefi-image');
      const milestones = readFileSync(join(product, 'milestones.txt'), 'utf8');
      expect(milestones).toMatch(/^uefi boot, route ovmf: q35, 2 x core2duo, 1024 MiB, tcg\n/);
      expect(milestones.match(/^ *\d+ {2}/gm)).toHaveLength(17);
      expect(milestones).toMatch(/ verdict +console +all 9 seen\n/);
      expect(milestones).toMatch(/\nQEMU ended with exit code 65, as expected\n$/);
      expect(readFileSync(join(product, 'OVMF_CODE.fd'))).toHaveLength(1966080);
      expect(readFileSync(join(product, 'OVMF_VARS.fd'))).toHaveLength(131072);
    },
    patience,
  );

  it(
    'has firmware, driver, stand-in and partition that are the same bytes when built elsewhere',
    async () => {
      const parts = ['ovmf', 'hfsplus-efi', 'probe-efi', 'blessed-loader', 'esp', 'disc'];
      const { code, stdout, stderr } = await testProject({}).run(['verify', 'uefi-image', ...parts], {
        CIDERMILL_STORE: store,
      });
      expect(code, stdout + stderr).toBe(0);
    },
    patience,
  );
});

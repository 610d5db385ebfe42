import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { refuseKeys } from '../../src/vm/index.ts';
import { freshFolder } from '../rig/folder.ts';

/** Not Apple's: a text of this test alone. */
const canary = 'Guarded-0123456789-'.padEnd(64, 'g');
const refusal = 'would stand in the process list';

it.each([
  ['a device', ['-device', `isa-applesmc,osk=${canary}`]],
  ['a device with a comma before it', ['-device', `isa-applesmc,id=smc,osk=${canary}`]],
  ['a device as JSON', ['-device', `{"driver":"isa-applesmc","osk":"${canary}"}`]],
  [
    'JSON with its letters as numbers',
    ['-device', `{"driver":"isa-\\u0061pplesmc","\\u006fsk":"${canary}"}`],
  ],
  ['two dashes', ['--device', `isa-applesmc,osk=${canary}`]],
  ['-set', ['-set', `device.smc.osk=${canary}`]],
  ['-global', ['-global', `isa-applesmc.osk=${canary}`]],
  ['-global in its long form', ['-global', `driver=isa-applesmc,property=osk,value=${canary}`]],
  ['a second SMC without a key', ['-device', 'isa-applesmc']],
])('%s that carries a key is refused without showing it', (_what, options) => {
  expect(() => refuseKeys(options)).toThrow(refusal);
  try {
    refuseKeys(options);
  } catch (error) {
    expect(JSON.stringify(error) + String(error)).not.toContain(canary.slice(0, 12));
  }
});

it('a configuration file is looked into', () => {
  const folder = freshFolder();
  const [own, smc] = [join(folder, 'own.cfg'), join(folder, 'smc.cfg')];
  writeFileSync(own, '[device "usb"]\n  driver = "ich9-usb-ehci1"\n');
  writeFileSync(smc, `[device "smc"]\n  driver = "isa-applesmc"\n  osk = "${canary}"\n`);
  expect(() => refuseKeys(['-readconfig', own])).not.toThrow();
  for (const options of [
    ['-readconfig', smc],
    ['--readconfig', smc],
  ])
    expect(() => refuseKeys(options)).toThrow(refusal);
  expect(() => refuseKeys(['-readconfig', folder])).toThrow('takes an ordinary file');
  // QEMU says that it is not there.
  expect(() => refuseKeys(['-readconfig', join(folder, 'none')])).not.toThrow();
});

it('the key itself is found wherever it stands, once it is known', () => {
  const options = ['-append', `key=${canary}`];
  expect(() => refuseKeys(options)).not.toThrow();
  expect(() => refuseKeys(options, canary)).toThrow(refusal);
});

it('what only looks like it is allowed', () => {
  expect(() =>
    refuseKeys([
      '-device',
      'usb-kbd',
      '-drive',
      'file=disk.img',
      '-name',
      'kiosk',
      '-device',
      '{"driver":"e1000"}',
      '-S',
    ]),
  ).not.toThrow();
});

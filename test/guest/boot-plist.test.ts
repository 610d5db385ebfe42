import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlist } from '../../src/formats/plist/index.ts';
import { bootPlist, type BootSettings } from '../../src/guest/boot-plist.ts';
import { freshFolder } from '../rig/folder.ts';

/** As Python's own reader of property lists sees it. */
function judged(settings: BootSettings): Record<string, unknown> {
  const file = join(freshFolder(), 'boot.plist');
  writeFileSync(file, bootPlist(settings));
  const script = 'import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))';
  return JSON.parse(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' })) as Record<
    string,
    unknown
  >;
}

describe('bootPlist', () => {
  const settings: BootSettings = {
    timeout: 10,
    kernelFlags: ['idlehalt=0', '-v'],
    graphicsMode: '1280x1024x32',
    legacyLogo: true,
    gui: false,
    others: { EthernetBuiltIn: 'Yes', 'Boot Banner': 'a < b & "c"' },
  };

  it('says everything in strings, as a reader that is not ours reads it', () => {
    expect(judged(settings)).toEqual({
      EthernetBuiltIn: 'Yes',
      'Boot Banner': 'a < b & "c"',
      Timeout: '10',
      'Kernel Flags': 'idlehalt=0 -v',
      'Graphics Mode': '1280x1024x32',
      'Legacy Logo': 'Yes',
      GUI: 'No',
    });
  });

  it('is read by our own strict reader too', () => {
    const read = readPlist(bootPlist(settings)) as ReadonlyMap<string, unknown>;
    expect(read.get('Boot Banner')).toBe('a < b & "c"');
  });

  it('leaves out what is not given', () => {
    expect(judged({})).toEqual({});
    expect(judged({ kernelFlags: [] })).toEqual({});
  });

  it('says others of its keys, also those that have a setting, which goes before them', () => {
    expect(judged({ others: { GUI: 'No', Timeout: '7' } })).toEqual({ GUI: 'No', Timeout: '7' });
    expect(judged({ timeout: 3, others: { GUI: 'No', Timeout: '7' } })).toEqual({ GUI: 'No', Timeout: '3' });
  });

  it('is the same bytes for the same settings', () => {
    expect(bootPlist(settings)).toEqual(bootPlist({ ...settings }));
  });

  it.each<[string, BootSettings, RegExp]>([
    ['a timeout with which it would wait for ever', { timeout: 0 }, /timeout of 0 s/],
    ['a timeout that is no whole number', { timeout: 1.5 }, /timeout of 1.5 s/],
    ['a graphics mode without a height', { graphicsMode: '1280' }, /graphics mode "1280"/],
    ['a line break in the flags', { kernelFlags: ['-v\n-x'] }, /printable ASCII/],
    ['what stands otherwise in XML than it is', { kernelFlags: ['a=b&c'] }, /without &, < and >/],
    ['flags longer than the command line', { kernelFlags: ['x'.repeat(1024)] }, /at most 1023/],
    ['more than it reads', { others: { Theme: 'x'.repeat(4096) } }, /of which Chameleon reads 4095/],
  ])('refuses %s', (_what, wrong, message) => {
    expect(() => bootPlist(wrong)).toThrow(message);
  });
});

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { link, type Linked } from '../../src/link/index.ts';
import { fileFolder, freshFolder } from '../rig/folder.ts';
import { buildSamples, sampleInputs, sampleLayout } from './samples.ts';

const folder = fileFolder();
let linked: Linked;
beforeAll(async () => {
  buildSamples(folder);
  linked = await link(sampleInputs(folder), sampleLayout);
  writeFileSync(join(folder, 'image'), linked.image);
});

describe('an image of objects that check each other', () => {
  it.each(['pc', 'q35'])('boots on %s and finds every relocation right', (machine) => {
    const { stdout, status } = spawnSync(
      'qemu-system-x86_64',
      [
        ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-m', '64'],
        ...['-machine', machine, '-vga', 'std', '-debugcon', 'stdio', '-kernel', join(folder, 'image')],
        ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
      ],
      { encoding: 'utf8', timeout: 60_000 },
    );
    // The number of checks, or the names of those that failed.
    expect(stdout).toBe('35\n');
    expect(status).toBe(65);
  });

  it('is the same, byte for byte, when it is made in another folder', async () => {
    const other = join(freshFolder(), 'a-longer-name');
    buildSamples(other);
    const again = await link(sampleInputs(other), sampleLayout);
    expect(Buffer.from(again.image).equals(linked.image)).toBe(true);
    expect(again.map).toBe(linked.map);
  });

  it('leaves out what is zero-filled, and archive members that nobody needs', () => {
    expect(linked.end - linked.base).toBeGreaterThan(linked.image.length + 1000);
    expect([...linked.symbols.keys()]).toContain('_wanted_elsewhere');
    expect([...linked.symbols.keys()]).not.toContain('_never_wanted');
  });

  it('comes with a map of objects, sections and symbols', () => {
    const { map } = linked;
    expect(map).toMatch(/^\[ {2}1\] start\.o$/m);
    expect(map).toMatch(/^\[ {2}\d\] libmore\.a\(elsewhere\.o\)$/m);
    expect(map).toMatch(/^0x00020200\t0x[0-9A-F]{8}\t__INIT\t__text$/m);
    expect(map).toMatch(/^0x00020200\t0x00000004\t\[ {2}1\] start$/m);
    const address = linked.symbols.get('_own_mark') ?? 0;
    expect(map).toContain(
      `0x${address.toString(16).toUpperCase().padStart(8, '0')}\t0x00000004\t[  3] _own_mark`,
    );
    expect(Buffer.from(linked.image).readUInt32LE(address - linked.base)).toBe(0x03141592);
  });
});

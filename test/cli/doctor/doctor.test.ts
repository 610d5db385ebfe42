import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot, type Check } from '../../../src/host/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { testProject } from '../../rig/project.ts';

async function doctor(...args: string[]): Promise<{ code: number | null; checks: Check[] }> {
  const { code, stdout } = await testProject({}).run(['doctor', '--json', ...args], { CIDERMILL_OSK: '' });
  return { code, checks: JSON.parse(stdout) as Check[] };
}

function stateOf(checks: readonly Check[], name: string): string | undefined {
  return checks.find((check) => check.name === name)?.state;
}

describe('cidermill doctor on this host', () => {
  it('asks the QEMU that is there, and finds what guests are made of', async () => {
    const { checks } = await doctor();
    expect(checks.find(({ name }) => name === 'QEMU')).toMatchObject({ state: 'ok' });
  });

  it('says what a release needs at each stage', async () => {
    const { checks } = await doctor('--guest', 'yosemite');
    expect(checks.slice(-3).map(({ name }) => name)).toEqual([
      'yosemite, installing',
      'yosemite, first boot',
      'yosemite, installed',
    ]);
  });

  it('has a fault where the release does not run, and ends with 1', async () => {
    const { code, checks } = await doctor('--guest', '10.8.0');
    expect(checks.at(-1)).toMatchObject({ state: 'fault', mend: 'media of 10.8.5' });
    expect(code).toBe(1);
  });

  it('judges the reference to the key, and does not show the key', async () => {
    const key = join(freshFolder(), 'key');
    writeFileSync(key, 'x'.repeat(64));
    chmodSync(key, 0o644);
    expect(stateOf((await doctor('--osk', `file:${key}`)).checks, 'key')).toBe('fault');
    chmodSync(key, 0o600);
    expect(stateOf((await doctor('--osk', `file:${key}`)).checks, 'key')).toBe('ok');
    expect(stateOf((await doctor()).checks, 'key')).toBe('warning');
    const { checks, code } = await doctor('--osk', 'x'.repeat(64));
    expect(JSON.stringify(checks)).not.toContain('xxxx');
    expect({ state: stateOf(checks, 'key'), code }).toEqual({ state: 'fault', code: 1 });
  });

  it('takes warnings for faults with --strict', async () => {
    // No reference to a key is given, which is a warning at least.
    expect((await doctor('--strict')).code).toBe(1);
  });

  it('makes nothing', () => {
    const folder = freshFolder();
    spawnSync(process.execPath, [join(packageRoot, 'bin/cidermill.mjs'), 'doctor'], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
    });
    expect(execFileSync('find', [folder], { encoding: 'utf8' }).trim()).toBe(folder);
  });
});

describe('cidermill doctor in a poor house', () => {
  it('without user namespaces, without KVM and with a full disk names each, what mends it, and ends with 1', () => {
    // A world within bubblewrap: no device but the usual ones, no further namespaces, and 64 KiB for the store.
    const world = [
      '--ro-bind',
      '/',
      '/',
      '--dev',
      '/dev',
      '--proc',
      '/proc',
      '--unshare-user',
      '--disable-userns',
    ];
    const disk = ['--size', '65536', '--tmpfs', '/mnt', '--setenv', 'CIDERMILL_STORE', '/mnt/store'];
    const run = spawnSync(
      'bwrap',
      [...world, ...disk, process.execPath, join(packageRoot, 'bin/cidermill.mjs'), 'doctor', '--json'],
      { encoding: 'utf8', cwd: packageRoot },
    );
    expect(run.stderr).toBe('');
    const checks = JSON.parse(run.stdout) as Check[];
    const faulty = ['user namespaces', 'disk space', 'KVM'].map((name) => [name, stateOf(checks, name)]);
    expect(faulty).toEqual([
      ['user namespaces', 'fault'],
      ['disk space', 'fault'],
      ['KVM', 'warning'],
    ]);
    expect(checks.filter(({ state, mend }) => state === 'fault' && mend === undefined)).toEqual([]);
    expect(run.status).toBe(1);
  });
});

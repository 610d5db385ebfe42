import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';

const launch = join(packageRoot, 'bin/cidermill.mjs');

function version(env: Readonly<Record<string, string>>): {
  status: number | null;
  stdout: string;
  stderr: string;
} {
  return spawnSync(process.execPath, [launch, '--version'], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
}

describe('what V8 compiled is kept for the next run', () => {
  const isThere = 'enableCompileCache' in module;

  it('where Node can keep it, and nothing is refused where it cannot', () => {
    const folder = join(freshFolder(), 'compiled');
    const { status, stdout, stderr } = version({ NODE_COMPILE_CACHE: folder });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(existsSync(folder) && readdirSync(folder).length > 0).toBe(isThere);
  });

  it('and a place that cannot be written is no fault', () => {
    expect(version({ NODE_COMPILE_CACHE: '/dev/null/compiled' })).toMatchObject({ status: 0, stderr: '' });
  });
});

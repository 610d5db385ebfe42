import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquire, withLock } from '../../src/store/index.ts';
import { freshFolder } from '../rig/folder.ts';

describe('a lock', () => {
  it('lets one in at a time, and tells those who wait', async () => {
    const path = join(freshFolder(), 'lock');
    let inside = 0;
    let most = 0;
    let waited = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock(path, work, () => (waited += 1))));
    expect(most).toBe(1);
    expect(waited).toBeGreaterThan(0);
  });

  it('is not given while another has it, unless both share it', async () => {
    const path = join(freshFolder(), 'lock');
    const held = await acquire([{ path, shared: true }], true);
    expect(await acquire([{ path }], false)).toBeUndefined();
    const beside = await acquire([{ path, shared: true }], false);
    expect(beside).toBeDefined();
    await held?.release();
    await beside?.release();
    const alone = await acquire([{ path }], false);
    expect(alone).toBeDefined();
    await alone?.release();
  });

  it('is freed when the work under it throws', async () => {
    const path = join(freshFolder(), 'lock');
    await expect(withLock(path, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
    const lock = await acquire([{ path }], false);
    expect(lock).toBeDefined();
    await lock?.release();
  });
});

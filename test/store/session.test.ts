import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { clearDeadSessions, collectGarbage, openSession, openStore } from '../../src/store/index.ts';
import { freshFolder } from '../rig/folder.ts';

/** Another process that opens a session, leaves a temporary folder, and waits to be killed. */
async function otherSession(folder: string) {
  const store = pathToFileURL(join(import.meta.dirname, '../../src/store/index.ts')).href;
  const program = `
    import { openSession, openStore, temporaryFolder } from ${JSON.stringify(store)};
    const store = openStore(${JSON.stringify(folder)});
    await openSession(store);
    console.log(temporaryFolder(store, 'work'));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    temporary: line.toString().trim(),
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('a session', () => {
  it('keeps its temporary folders while it lives, and is cleared away once it was killed', async () => {
    const folder = freshFolder();
    const store = openStore(folder);
    const other = await otherSession(folder);
    expect(await clearDeadSessions(store)).toBe(0);
    expect(existsSync(other.temporary)).toBe(true);
    await other.kill();
    await expect.poll(() => clearDeadSessions(store)).toBe(1);
    expect(existsSync(other.temporary)).toBe(false);
  });

  it('keeps the garbage collector away until it ends', async () => {
    const folder = freshFolder();
    const store = openStore(folder);
    const nothing = { keys: new Set<never>(), blobs: new Set<never>(), trees: new Set<never>() };
    const session = await openSession(store);
    await expect(collectGarbage(store, nothing, 0)).rejects.toMatchObject({ code: 'store-in-use' });
    mkdirSync(join(store.root, 'trees', 'unnamed'));
    await session.release();
    await collectGarbage(store, nothing, 0);
    expect(readdirSync(join(store.root, 'trees'))).toEqual([]);
    expect(readdirSync(join(store.root, 'users'))).toEqual([]);
  });
});

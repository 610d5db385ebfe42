import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { sha256, type Sha256 } from '../../src/base/index.ts';
import { blobPath, hasBlob, openStore, putBytes, putFile, putStream } from '../../src/store/index.ts';
import { freshFolder } from '../rig/folder.ts';

describe('a blob', () => {
  it('lies under the digest that sha256sum gives its bytes, read-only', async () => {
    const store = openStore(freshFolder());
    const { digest, size } = await putBytes(store, 'cider\n');
    const path = blobPath(store, digest);
    expect(spawnSync('sha256sum', [path]).stdout.toString().split(' ')[0]).toBe(digest);
    expect(size).toBe(6);
    expect(statSync(path).mode & 0o777).toBe(0o444);
  });

  it('moves a file in without copying it, and keeps its holes', async () => {
    const store = openStore(freshFolder());
    const path = join(store.root, 'tmp', 'sparse');
    writeFileSync(path, 'start');
    truncateSync(path, 50_000_000);
    const { ino } = statSync(path);
    const { digest } = await putFile(store, path);
    const stat = statSync(blobPath(store, digest));
    expect(existsSync(path)).toBe(false);
    expect(stat.ino).toBe(ino);
    expect(stat.size).toBe(50_000_000);
    expect(stat.blocks * 512).toBeLessThan(1_000_000);
  });

  it('is not kept when its stream has other bytes than expected, nor when the stream breaks', async () => {
    const store = openStore(freshFolder());
    const expected = { digest: sha256('right'), size: 5 };
    await expect(putStream(store, Readable.from([Buffer.from('wrong')]), expected)).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
    const breaking = new Readable({
      read() {
        this.push('ri');
        this.destroy(new Error('cut off'));
      },
    });
    await expect(putStream(store, breaking, expected)).rejects.toThrow('cut off');
    expect(hasBlob(store, expected.digest)).toBe(false);
    expect(readdirSync(join(store.root, 'tmp'))).toEqual([]);
  });

  it('can be put by many at once', async () => {
    const store = openStore(freshFolder());
    const blobs = await Promise.all(Array.from({ length: 20 }, () => putBytes(store, 'the same')));
    expect(new Set(blobs.map(({ digest }) => digest)).size).toBe(1);
    expect(readFileSync(blobPath(store, blobs[0]?.digest as Sha256), 'utf8')).toBe('the same');
    expect(readdirSync(join(store.root, 'tmp'))).toEqual([]);
  });
});

describe('a store', () => {
  it('is marked as a cache for backup programs', () => {
    const folder = freshFolder();
    openStore(folder);
    expect(readFileSync(join(folder, 'CACHEDIR.TAG'), 'utf8')).toMatch(
      /^Signature: 8a477f597d28d172789f06886806bc55\n/,
    );
  });
});

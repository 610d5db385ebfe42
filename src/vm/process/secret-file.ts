import { open, statfs, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, uniqueName } from '../../base/index.ts';

/** statfs(2): file systems that live in memory. */
const inMemory = new Set([0x01021994 /* tmpfs */, 0x858458f6 /* ramfs */]);

/**
 * A file in memory that has no name any more when the text is written to it. A program that inherits its descriptor N
 * opens it as /dev/fd/N; it is gone with the last one who holds it.
 * @throws Failure 'no-memory-files' where no folder in memory can be written to
 */
export async function secretFile(text: string): Promise<FileHandle> {
  const folders = ['/dev/shm', process.env['XDG_RUNTIME_DIR'] ?? '', '/run', tmpdir()];
  for (const folder of folders.filter((path) => path !== '')) {
    const file = await openNameless(folder);
    if (file === undefined) continue;
    try {
      await file.write(text, 0);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }
  throw new Failure('no-memory-files', 'there is no folder in memory to hand the key to QEMU through', {
    hint: 'Mount a tmpfs at /dev/shm.',
  });
}

async function openNameless(folder: string): Promise<FileHandle | undefined> {
  try {
    if (!inMemory.has((await statfs(folder)).type)) return undefined;
    const path = join(folder, `cidermill-${uniqueName()}`);
    const file = await open(path, 'wx+', 0o600);
    await unlink(path);
    return file;
  } catch {
    // Not there, full, or not this user's: the next folder.
    return undefined;
  }
}

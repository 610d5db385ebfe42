import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { cannotRead, type ByteSource } from '../../base/index.ts';
import { checkRange } from '../../formats/source/index.ts';
import { fileChanged } from '../open/outer/file-source.ts';

/**
 * A file that is open only while it is read: there may be more of them than a process may have open.
 * @param found what it was when it was found; @throws Failure 'file-changed' when it has been written to since
 */
export function lazyFile(
  path: string,
  found: Pick<Stats, 'size' | 'mtimeMs' | 'ctimeMs' | 'nlink'>,
): ByteSource {
  const { size } = found;
  return {
    size,
    async read(offset, length) {
      checkRange({ size }, offset, length);
      const failed = (cause: unknown): never => {
        throw cannotRead(path, cause);
      };
      const handle = await open(path, 'r').catch(failed);
      try {
        const data = new Uint8Array(length);
        for (let done = 0; done < length;) {
          const { bytesRead } = await handle.read(data, done, length - done, offset + done).catch(failed);
          if (bytesRead === 0) throw fileChanged(path);
          done += bytesRead;
        }
        const now = await handle.stat().catch(failed);
        const isSame = now.size === size && now.mtimeMs === found.mtimeMs;
        // A name lost or given changes the kernel's time of change too, and nothing of the content.
        if (!isSame || (now.ctimeMs !== found.ctimeMs && now.nlink === found.nlink)) throw fileChanged(path);
        return data;
      } finally {
        await handle.close();
      }
    },
  };
}

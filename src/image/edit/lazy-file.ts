import { open } from 'node:fs/promises';
import { cannotRead, type ByteSource } from '../../base/index.ts';
import { checkRange } from '../../formats/source/index.ts';

/**
 * A file that is open only while it is read: there may be more of them than a process may have open.
 * @param size that it had when it was found; @throws Failure 'cannot-read' when it has become shorter since
 */
export function lazyFile(path: string, size: number): ByteSource {
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
          if (bytesRead === 0) return failed(new Error('it became shorter while it was read'));
          done += bytesRead;
        }
        return data;
      } finally {
        await handle.close();
      }
    },
  };
}

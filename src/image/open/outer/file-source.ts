import { open, type FileHandle } from 'node:fs/promises';
import { cannotRead, Failure, FormatError, type ByteSource } from '../../../base/index.ts';
import { checkRange } from '../../../formats/source/index.ts';

/** A file as a source. Its size is the one it had when it was opened. */
export interface FileSource extends ByteSource {
  readonly path: string;
  readonly handle: FileHandle;
  /** @throws Failure 'file-changed' when something else wrote to it since it was opened */
  readonly close: () => Promise<void>;
}

/** @throws Failure 'no-file' when there is no such file or it is not a regular one, 'cannot-read' */
export async function openFile(path: string): Promise<FileSource> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw cannotRead(path, cause);
  });
  const stat = await handle.stat({ bigint: true });
  const size = Number(stat.size);
  if (!stat.isFile()) {
    await handle.close();
    throw new Failure('no-file', `${path} is not a file`);
  }
  const check = async (): Promise<void> => {
    const now = await handle.stat({ bigint: true });
    const isSame = now.size === stat.size && now.mtimeNs === stat.mtimeNs;
    // A program may put the time of the content back, but not the kernel's time of change, which a name lost or given
    // changes too.
    const isAsSeen = now.ctimeNs === stat.ctimeNs || now.nlink !== stat.nlink;
    if (!isSame || !isAsSeen) throw fileChanged(path);
  };
  opened.add(check);
  return {
    path,
    handle,
    size,
    async read(offset, length) {
      checkRange({ size }, offset, length);
      const data = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const { bytesRead } = await handle.read(data, done, length - done, offset + done);
        if (bytesRead === 0) {
          throw new FormatError('byte-source', `${path} became shorter while it was read`, {
            offset: offset + done,
          });
        }
        done += bytesRead;
      }
      return data;
    },
    close: async () => {
      if (!opened.delete(check)) return;
      try {
        await check();
      } finally {
        await handle.close();
      }
    },
  };
}

/** A check of each file that is open. */
const opened = new Set<() => Promise<void>>();

/**
 * Makes sure that all files that are read in place are as they were when they were opened: what was made from them is
 * worth keeping.
 * @throws Failure 'file-changed'
 */
export async function checkOpenFiles(): Promise<void> {
  for (const check of [...opened]) await check();
}

/** Something else wrote to a file while it was read: what was read may be a mixture. */
export function fileChanged(path: string): Failure {
  return new Failure('file-changed', `${path} changed while it was used`, {
    hint: 'Run it again when the file is complete, for example when its download has ended.',
    temporary: true,
  });
}

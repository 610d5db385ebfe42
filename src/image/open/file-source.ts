import { open, type FileHandle } from 'node:fs/promises';
import { cannotRead, Failure, FormatError, type ByteSource } from '../../base/index.ts';
import { checkRange } from '../../formats/source/index.ts';

/** A file as a source. Its size is the one it had when it was opened. */
export interface FileSource extends ByteSource {
  readonly path: string;
  readonly handle: FileHandle;
  readonly close: () => Promise<void>;
}

/** @throws Failure 'no-file' when there is no such file or it is not a regular one, 'cannot-read' */
export async function openFile(path: string): Promise<FileSource> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw cannotRead(path, cause);
  });
  const stat = await handle.stat();
  if (!stat.isFile()) {
    await handle.close();
    throw new Failure('no-file', `${path} is not a file`, {
      ...(/\.sparsebundle\/?$/.test(path)
        ? { hint: 'Convert the bundle into one file first, on a Mac: hdiutil convert … -format UDZO.' }
        : {}),
    });
  }
  return {
    path,
    handle,
    size: stat.size,
    async read(offset, length) {
      checkRange({ size: stat.size }, offset, length);
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
    close: () => handle.close(),
  };
}

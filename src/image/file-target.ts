import { open } from 'node:fs/promises';
import { Failure, systemReason, type ByteTarget } from '../base/index.ts';
import { checkRange } from '../formats/source/index.ts';
import { writeAll } from './write-all.ts';

/** A file as a target; its gaps are holes. */
export interface FileTarget extends ByteTarget {
  readonly path: string;
  /** Its descriptor, for threads that write beside. */
  readonly fd: number;
  /** Makes the file exactly that long. */
  readonly resize: (size: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens a file to be changed in place, or makes a new one.
 * @param how 'new' refuses to touch a file that is there
 * @throws Failure 'cannot-write' when it cannot be opened, or the disk is full in the middle
 */
export async function openTarget(path: string, how: 'new' | 'present'): Promise<FileTarget> {
  const failed = (cause: unknown): never => {
    throw new Failure('cannot-write', `${path} cannot be written: ${systemReason(cause)}`, { cause });
  };
  const handle = await open(path, how === 'new' ? 'wx+' : 'r+').catch(failed);
  const stat = await handle.stat();
  if (!stat.isFile()) {
    await handle.close();
    throw new Failure('cannot-write', `${path} is not a file`);
  }
  let size = stat.size;
  const readInto = async (offset: number, into: Uint8Array): Promise<void> => {
    checkRange({ size }, offset, into.length);
    for (let done = 0; done < into.length;) {
      const { bytesRead } = await handle.read(into, done, into.length - done, offset + done);
      if (bytesRead === 0) failed(new Error('it became shorter while it was written'));
      done += bytesRead;
    }
  };
  return {
    path,
    fd: handle.fd,
    get size() {
      return size;
    },
    async read(offset, length) {
      checkRange({ size }, offset, length);
      const data = new Uint8Array(length);
      await readInto(offset, data);
      return data;
    },
    readInto,
    async write(offset, bytes) {
      await writeAll(handle, bytes, offset).catch(failed);
      size = Math.max(size, offset + bytes.length);
    },
    async resize(to) {
      await handle.truncate(to).catch(failed);
      size = to;
    },
    close: () => handle.close(),
  };
}

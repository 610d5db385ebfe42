import { open, type FileHandle } from 'node:fs/promises';
import type { LineLog } from './line-log.ts';

/** Follows the file that QEMU writes the serial line to; one look takes at most 1 MiB. */
export class SerialFile {
  readonly #path: string;
  readonly #log: LineLog;
  #offset = 0;

  constructor(path: string, log: LineLog) {
    this.#path = path;
    this.#log = log;
  }

  async read(): Promise<void> {
    let file: FileHandle;
    try {
      file = await open(this.#path);
    } catch (error) {
      // QEMU has not made it yet.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(1 << 20), 0, 1 << 20, this.#offset);
      this.#offset += bytesRead;
      this.#log.push(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  }
}

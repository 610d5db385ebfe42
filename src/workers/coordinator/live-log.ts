import { closeSync, copyFileSync, existsSync, openSync, writeSync } from 'node:fs';
import { blobPath, type Store } from '../../store/index.ts';
import type { Sha256 } from '../../base/index.ts';

/** The log of a step that is made elsewhere, as it is heard here; in the end the whole of it. */
export interface LiveLog {
  /** Absolute. */
  readonly path: string;
  add(lines: readonly string[]): void;
  /** @param whole the blob of the store that holds the log; absent: what was heard stays */
  close(whole?: Sha256): void;
}

export function openLiveLog(store: Store, path: string): LiveLog {
  let file: number | undefined = openSync(path, 'a');
  return {
    path,
    add: (lines) => {
      if (file !== undefined) writeSync(file, lines.map((line) => `${line}\n`).join(''));
    },
    close: (whole) => {
      if (file !== undefined) closeSync(file);
      file = undefined;
      if (whole !== undefined && existsSync(blobPath(store, whole)))
        copyFileSync(blobPath(store, whole), path);
    },
  };
}

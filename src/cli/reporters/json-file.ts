import { closeSync, openSync, writeFileSync } from 'node:fs';
import { Failure, systemReason } from '../../base/index.ts';
import { jsonLine, jsonReporter } from './json.ts';
import type { Reporter } from './reporter.ts';

/** The events in a file, each when it happens: a run that is killed leaves those before. */
export interface JsonFile extends Reporter {
  /** Takes an event that does not belong to a run: an error's. */
  add(event: object): void;
  /** Closes the file. @throws Failure 'cannot-write' where one of the events could not be written */
  end(): void;
}

/** @throws Failure 'cannot-write' */
export function jsonFile(path: string): JsonFile {
  let failed: Failure | undefined;
  const attempt = <Result>(act: () => Result): Result | undefined => {
    if (failed !== undefined) return undefined;
    try {
      return act();
    } catch (cause) {
      failed = new Failure('cannot-write', `${path} cannot be written: ${systemReason(cause)}`, { cause });
      return undefined;
    }
  };
  const file = attempt(() => openSync(path, 'w'));
  if (failed !== undefined) throw failed;
  const write = (text: string): void => {
    if (file !== undefined) attempt(() => writeFileSync(file, text));
  };
  return {
    ...jsonReporter({ write }),
    add: (event) => write(jsonLine(event)),
    end: () => {
      if (file !== undefined) attempt(() => closeSync(file));
      if (failed !== undefined) throw failed;
    },
  };
}

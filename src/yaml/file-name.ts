import { basename } from 'node:path';
import type { Report } from './faults.ts';
import type { Located } from './located.ts';

/** Where a file lies and what it is called by. */
export interface FileName {
  /** The recipe's, pipeline's or buildroot's name by the file's. */
  readonly name: string;
  readonly root: string;
  /** Relative to `root`. */
  readonly file: string;
}

/** Reports a name inside a file that is not the file's own. */
export function checkName(written: Located<string> | undefined, expected: string, report: Report): void {
  if (written === undefined || written.value === expected) return;
  report(
    'name-mismatch',
    written,
    `The file is named "${expected}", but this says "${written.value}".`,
    'Rename one of them.',
  );
}

/** A file whose name ends in .yml would be passed over in silence. @param file as it is named to the user */
export function reportYml(file: string, report: Report): void {
  const name = `${basename(file, '.yml')}.yaml`;
  report(
    'name-mismatch',
    { file, span: { start: 0, end: 0 } },
    'This file is not read, because its name does not end in .yaml.',
    `Rename it to ${name}.`,
  );
}

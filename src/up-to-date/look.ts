import { accessSync, constants, lstatSync, readFileSync, realpathSync, statSync, type Stats } from 'node:fs';

/**
 * How a program looked at a path: at what it names (`status`), at the link itself (`link`), whether it may be used in
 * the given mode (`access`), where it leads (`real`). What was read of a file follows from its status.
 */
export type LookKind = 'status' | 'link' | 'access' | 'real';

/** One look and what it gave, as text: equal texts mean that looking again gives what it gave then. */
export interface Look {
  readonly kind: LookKind;
  /** Absolute. */
  readonly path: string;
  /** Of `access` alone: F_OK, R_OK, W_OK, X_OK. */
  readonly mode?: number;
  readonly seen: string;
}

/** The longest text of the kernel's that is compared, in bytes. */
const mostOfKernel = 65_536;

/** Looks at a path; an error is a result like any other, told by its code. */
export function look(kind: LookKind, path: string, mode: number = constants.F_OK): string {
  try {
    switch (kind) {
      case 'status':
        // Files of the kernel's have no size and no times that mean anything.
        return /^\/(?:proc|sys)\//.test(path)
          ? readFileSync(path, 'latin1').slice(0, mostOfKernel)
          : signature(statSync(path));
      case 'link':
        return signature(lstatSync(path));
      case 'access':
        accessSync(path, mode);
        return 'yes';
      case 'real':
        return realpathSync(path);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code;
  }
}

/** No write can leave it as it was: the time of change is set by the kernel alone. */
function signature({ ino, mode, size, mtimeMs, ctimeMs }: Stats): string {
  return `${ino} ${mode} ${size} ${mtimeMs} ${ctimeMs}`;
}

/** The time of change in what `status` or `link` gave, in milliseconds; undefined for any other result. */
export function changedAt(seen: string): number | undefined {
  const [, , , , changed] = /^\d+ \d+ \d+ [\d.]+ ([\d.]+)$/.exec(seen) === null ? [] : seen.split(' ');
  return changed === undefined ? undefined : Number(changed);
}

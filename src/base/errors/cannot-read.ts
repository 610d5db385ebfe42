import { Failure } from './failure.ts';
import { systemReason } from './system-reason.ts';

/** A file that cannot be read: code 'no-file' where it does not exist or is not a file, 'cannot-read' for any other reason. */
export function cannotRead(path: string, cause: unknown): Failure {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const absent = code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
  return new Failure(absent ? 'no-file' : 'cannot-read', `${path} cannot be read: ${systemReason(cause)}`, {
    cause,
  });
}

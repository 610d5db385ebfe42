/** A system error's reason without its call and path: "no such file or directory". */
export function systemReason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return /^[A-Z0-9]+: (.*?)(?:, \w+(?: '.*)?)?$/s.exec(cause.message)?.[1] ?? cause.message;
}

/** Reads a signal's state again: the compiler takes it to stay what it was when it was last tested. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

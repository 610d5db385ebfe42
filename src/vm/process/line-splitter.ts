/** What happens to a line that is longer than allowed: its rest is dropped, or `error` is called and nothing follows. */
type OverlongLine = 'cut' | ((limit: number) => void);

/**
 * Splits a byte stream into lines at "\n", without the "\r" before it. At most `limit` bytes of a line are held.
 * @returns push: takes the next bytes; rest: the bytes of the line that has not ended yet
 */
export function lineSplitter(
  limit: number,
  overlong: OverlongLine,
  onLine: (line: Buffer) => void,
): { push(chunk: Uint8Array): void; rest(): Buffer } {
  let parts: Buffer[] = [];
  let held = 0;
  let dead = false;

  /** False when the line is too long and that is an error. */
  function hold(part: Buffer): boolean {
    const room = limit - held;
    if (part.length > room && overlong !== 'cut') {
      overlong(limit);
      return false;
    }
    const kept = part.subarray(0, room);
    // A copy: a slice would keep the whole chunk alive.
    if (kept.length > 0) parts.push(Buffer.from(kept));
    held += kept.length;
    return true;
  }

  function flush(): void {
    let line = Buffer.concat(parts);
    if (line.at(-1) === 0x0d) line = line.subarray(0, -1);
    parts = [];
    held = 0;
    onLine(line);
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      let from = 0;
      while (!dead && from < bytes.length) {
        const end = bytes.indexOf(0x0a, from);
        dead = !hold(bytes.subarray(from, end < 0 ? bytes.length : end));
        if (end < 0 || dead) return;
        flush();
        from = end + 1;
      }
    },
    rest: () => Buffer.concat(parts),
  };
}

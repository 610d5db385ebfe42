/** A stream that keeps what is written. */
export function textSink(): {
  readonly write: (text: string) => void;
  readonly text: () => string;
  readonly writes: string[];
} {
  const writes: string[] = [];
  return { write: (text) => void writes.push(text), text: () => writes.join(''), writes };
}

/** What a run had of the team's cache. Bytes are those of bodies. */
export interface Tally {
  /** Steps whose artifact came from there. */
  hits: number;
  /** Steps that were asked for there and then made here. */
  misses: number;
  /** Entries and blobs that were not taken: wrong bytes, wrong or missing signatures. */
  refused: number;
  /** Entries that were sent. */
  pushed: number;
  received: number;
  sent: number;
  requests: number;
  /** Status of an answer → how often; "none" where there was no answer. */
  readonly answers: Record<string, number>;
}

export function emptyTally(): Tally {
  return { hits: 0, misses: 0, refused: 0, pushed: 0, received: 0, sent: 0, requests: 0, answers: {} };
}

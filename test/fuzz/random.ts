/** Numbers that are the same for the same seed everywhere (xorshift32, seeded by a mix of words). */
export class Random {
  #state: number;

  constructor(...words: readonly (number | string)[]) {
    let hash = 0x811c9dc5;
    for (const unit of words.join('/')) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193);
    this.#state = hash === 0 ? 1 : hash;
    for (let warm = 0; warm < 8; warm++) this.below(2);
  }

  /** From 0 to `limit` - 1. */
  below(limit: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % limit;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

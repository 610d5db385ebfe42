const pageBits = 2 ** 15;

/** A set of small numbers that costs memory only where it is not empty. */
export class BitSet {
  readonly #pages = new Map<number, Uint8Array>();
  size = 0;

  has(number: number): boolean {
    const page = this.#pages.get(Math.floor(number / pageBits));
    const bit = number % pageBits;
    return page !== undefined && ((page[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  /** @returns false when it was there */
  add(number: number): boolean {
    if (this.has(number)) return false;
    const index = Math.floor(number / pageBits);
    const page = this.#pages.get(index) ?? new Uint8Array(pageBits / 8);
    this.#pages.set(index, page);
    const bit = number % pageBits;
    page[bit >> 3] = (page[bit >> 3] ?? 0) | (1 << (bit & 7));
    this.size++;
    return true;
  }
}

/**
 * What Apple's decomposition leaves as it is though Unicode decomposes it: compatibility ideographs, symbols, and the
 * characters that came after Unicode 3.2 (TN1150, "Unicode Subtleties").
 */
const kept =
  /(?:[\u{2000}-\u{2fff}]|[\u{f900}-\u{faff}]|[\u{1b00}-\u{1b7f}]|[\u{11000}-\u{1cfff}]|[\u{2f800}-\u{10ffff}])+/gu;

/** A name as it is stored: canonically decomposed by Apple's rules. */
export function decompose(name: string): string {
  let result = '';
  let from = 0;
  for (const match of name.matchAll(kept)) {
    result += name.slice(from, match.index).normalize('NFD') + match[0];
    from = match.index + match[0].length;
  }
  return result + name.slice(from).normalize('NFD');
}

/** A stored name as a part of a path: "/" is stored where a path has ":", NUL is shown as its symbol. */
export function pathName(stored: string): string {
  return stored.replaceAll('/', ':').replaceAll('\0', '\u2400').normalize('NFC');
}

import { Failure } from '../../base/index.ts';

/** In UTF-16 units (TN1150, "HFS Plus Names"). */
const longestName = 255;

/**
 * What Apple's decomposition leaves as it is though Unicode decomposes it: compatibility ideographs, symbols, and the
 * characters that came after Unicode 3.2 (TN1150, "Unicode Subtleties").
 */
const kept =
  /[\u2000-\u2fff\uf900-\ufaff\u1b00-\u1b7f\ufe00-\ufe1f]|[\ud804-\ud83f\ud87e-\udbff][\udc00-\udfff]/u;
const keptOrNot = new RegExp(`(?:${kept.source})+`, 'gu');

/** A name as it is stored: canonically decomposed by Apple's rules. */
export function decompose(name: string): string {
  let result = '';
  let from = 0;
  for (const match of name.matchAll(keptOrNot)) {
    result += name.slice(from, match.index).normalize('NFD') + match[0];
    from = match.index + match[0].length;
  }
  return result + name.slice(from).normalize('NFD');
}

/** A stored name as a part of a path: "/" is stored where a path has ":", NUL is shown as its symbol. */
export function pathName(stored: string): string {
  return stored.replaceAll('/', ':').replaceAll('\0', '\u2400').normalize('NFC');
}

/** The other way round. @throws Failure 'usage' when it cannot be a name on HFS+ */
export function storedName(part: string): string {
  const stored = decompose(part.replaceAll(':', '/').replaceAll('\u2400', '\0'));
  if (part === '' || part === '.' || part === '..' || part.includes('/') || part.includes('\0')) {
    throw new Failure('usage', `${JSON.stringify(part)} cannot be the name of a file`);
  }
  if (stored.length > longestName) {
    throw new Failure(
      'usage',
      `${JSON.stringify(part)} takes ${stored.length} UTF-16 units on HFS+, where names have ${longestName} at the most`,
    );
  }
  return stored;
}

/** What a server asks for before it answers (RFC 9110, 11.6.1): the scheme in lower case, and its parameters. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Longer headers are nobody's. */
const longest = 8192;

/**
 * Reads WWW-Authenticate: challenges one after the other, each with its parameters.
 * @returns those that could be read; [] for a header that is too long or has none
 */
export function readChallenges(header: string): Challenge[] {
  if (header.length > longest) return [];
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
  const parameter = /\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
  for (let at = 0; at < header.length;) {
    token.lastIndex = at;
    const word = token.exec(header)?.[0];
    if (word === undefined) {
      at += 1;
      continue;
    }
    parameter.lastIndex = at + word.length;
    const value = parameter.exec(header);
    const current = challenges.at(-1);
    if (value !== null && current !== undefined) {
      current.parameters.set(word.toLowerCase(), value[1]?.replace(/\\(.)/g, '$1') ?? value[2] ?? '');
      at = parameter.lastIndex;
    } else {
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
      at += word.length;
    }
  }
  return challenges;
}

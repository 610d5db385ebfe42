/** A machine's name and password in a netrc file. */
export interface Login {
  readonly login: string;
  readonly password: string;
}

/**
 * Looks a machine up in the text of a netrc file (curl's form: words, `#` begins a comment, macros are passed over).
 * Its `default` entry is not used: it would give a password to whatever host a project names.
 */
export function netrcLogin(text: string, machine: string): Login | undefined {
  const words = text
    .replace(/^[ \t]*macdef[ \t]+\S+.*\n(?:.+\n)*/gm, '')
    .split('\n')
    .flatMap((line) => wordsOf(line));
  let found: { login?: string; password?: string } | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === 'machine' || word === 'default') {
      if (found !== undefined) break;
      if (word === 'machine' && words[at + 1]?.toLowerCase() === machine.toLowerCase()) found = {};
      if (word === 'machine') at += 1;
    } else if (found !== undefined && (word === 'login' || word === 'password'))
      found[word] = words[++at] ?? '';
    else if (word === 'login' || word === 'password' || word === 'account') at += 1;
  }
  return found?.password === undefined ? undefined : { login: found.login ?? '', password: found.password };
}

/** Words between white space; one in quotes may have some, and `\"`. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word, quoted] of line.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)) {
    if (quoted === undefined && word.startsWith('#')) break;
    words.push(quoted === undefined ? word : quoted.replace(/\\(.)/g, '$1'));
  }
  return words;
}

/** The SMC's key has as many characters; YAML's marks for a tag or an alias may stand before them, a message's stop after. */
const keyLength = { least: 64, most: 67 };

/** The password in an address. */
const password = /(?<=:\/\/[^\s/:@"']{0,100}:)[^\s/@"']{1,200}(?=@)/g;

/** What stands after a key's name, to the end of the line: in YAML, JSON and QEMU's options. */
const afterName = /(?<=osk[\w-]*["']?[ \t]*[:=][ \t]*)\S.*$/gim;

/** A part of a line that no space, quote or bracket divides. */
const word = /[^\s"'[\]{},]+/g;

/** A name and a colon, or an item of a list: not a part of a longer text. */
const startsEntry = /^\s*(?:- |["']?[\w-]+["']?:(?:\s|$))/;

/** A text without the secrets that may stand in it: a password in an address, a guest's key. As long as it was. */
export function masked(text: string): string {
  return text
    .replace(password, stars)
    .replace(afterName, (value) => (isHarmless(value) ? value : value.replace(word, stars)))
    .replace(word, (value) => (looksLikeKey(value) ? stars(value) : value));
}

/** A line of a file in the same way: it may be a part of a text that began in a line before it. @param index from 0 */
export function maskedLine(lines: readonly string[], index: number): string {
  const line = lines[index] ?? '';
  if (startsEntry.test(line)) return masked(line);
  const parent = lines.slice(0, index).findLast((one) => one.trim() !== '' && indent(one) < indent(line));
  return /osk[\w-]*["']?\s*:/i.test(parent ?? '') ? line.replace(word, stars) : masked(line);
}

const stars = (secret: string): string => '*'.repeat(secret.length);
const indent = (line: string): number => line.length - line.trimStart().length;

/** A reference, a mapping of a parameter's own, where a key is to be found, or the string that tests use. */
function isHarmless(value: string): boolean {
  return /^["']?(?:\$\{|\{|cidermill|(?:env|file):|smc\b)/.test(value);
}

function looksLikeKey(value: string): boolean {
  const { length } = value;
  return length >= keyLength.least && length <= keyLength.most && !/^[0-9a-f]+$|^cidermill|\//.test(value);
}

/** Escape sequences of ECMA-48: control strings (OSC, DCS, SOS, PM, APC), CSI in both spellings, and the short ones. */
const escapes =
  // eslint-disable-next-line no-control-regex -- these characters are what it is about
  /(?:\u001b[\]P^_X]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g;

/** Longer lines are cut: nobody reads them, and cleaning them costs. In UTF-16 code units. */
const longestLine = 2_000;

/**
 * Foreign text made safe to show on one line: no escape sequence, control, format or bidirectional character is left,
 * so that a build cannot move the cursor, retitle a window or disguise what it says. Of a line that overwrote itself
 * (carriage returns) the last state stays; line breaks and tabs become spaces.
 */
export function printable(text: string): string {
  const cut = text.length > longestLine ? `${text.slice(0, longestLine)}…` : text;
  return lastState(cut.replace(escapes, ''))
    .replace(/\t/g, '  ')
    .replace(/[\n\v\f\u0085\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .replace(/\p{Cs}/gu, '\ufffd');
}

/** The lines of foreign text, each printable. */
export function printableLines(text: string): string[] {
  return text.split(/\r?\n/).map(printable);
}

/**
 * The same for text whose offsets must hold: each control character but line breaks and tabs becomes one U+FFFD, and
 * the length stays.
 */
export function printableInPlace(text: string): string {
  return text.replace(/[^\P{Cc}\t\r\n]|[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

function lastState(line: string): string {
  if (!line.includes('\r')) return line;
  return line.split('\r').findLast((part) => part.trim() !== '') ?? '';
}

/** A file's name, whose control characters are part of it ("Icon\r" is on every Mac): they are shown as their symbols. */
export function printableName(name: string): string {
  const symbol = (unit: string): string =>
    unit < ' ' ? String.fromCharCode(0x2400 + unit.charCodeAt(0)) : '\ufffd';
  return printable(name.replace(/\p{Cc}/gu, symbol));
}

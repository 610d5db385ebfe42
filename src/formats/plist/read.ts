import { FormatError } from '../../base/index.ts';
import { binaryPlistMagic, readBinaryPlist } from './read-binary.ts';
import type { PlistValue } from './value.ts';
import { unescape } from '../xml/index.ts';

const deepest = 64;

/**
 * Reads a property list: a binary one, or an XML one (Apple, plist(5)): the elements of that DTD and nothing else. Strict, because it carries
 * the tables a disk image is decoded by; silent, because only the command line may print.
 * @param at where the text begins in the file, for errors
 */
export function readPlist(data: Uint8Array, at = 0): PlistValue {
  if (Buffer.from(data.subarray(0, 8)).toString('latin1') === binaryPlistMagic)
    return readBinaryPlist(data, at);
  const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString('utf8');
  const fail = (message: string): never => {
    // The offset is of the UTF-16 text turned back to UTF-8, which is where a hex dump shows it.
    throw new FormatError('plist', message, { offset: at + Buffer.byteLength(text.slice(0, position)) });
  };
  let position = 0;

  /** Takes the next tag, and gives the text before it. */
  const next = (): { before: string; tag: string } => {
    const open = text.indexOf('<', position);
    if (open < 0) return fail('ends inside an element');
    const before = text.slice(position, open);
    const [end, skip] = text.startsWith('<!--', open) ? ['-->', 4] : ['>', 1];
    const close = text.indexOf(end, open + skip);
    if (close < 0) return fail('ends inside a tag');
    position = close + end.length;
    return { before, tag: text.slice(open + 1, close).trim() };
  };
  /** The next tag that is not a comment, a declaration or an instruction, with nothing but white space before it. */
  const nextTag = (): string => {
    for (;;) {
      const { before, tag } = next();
      if (before.trim() !== '' && before.trim() !== '\ufeff') return fail('has text between elements');
      if (!tag.startsWith('!') && !tag.startsWith('?')) return tag;
    }
  };
  /** The text up to the end tag of `name`, which may hold no elements. */
  const content = (name: string): string => {
    const { before, tag } = next();
    if (tag !== `/${name}`) return fail(`has <${tag.slice(0, 20)}> inside <${name}>`);
    return before;
  };

  const value = (tag: string, depth: number): PlistValue => {
    if (depth > deepest) return fail(`nests deeper than ${deepest} elements`);
    switch (tag) {
      case 'dict':
        return dict(depth);
      case 'array': {
        const items: PlistValue[] = [];
        for (let item = nextTag(); item !== '/array'; item = nextTag()) items.push(value(item, depth + 1));
        return items;
      }
      case 'string':
        return unescape(content('string')) ?? fail('has an unknown entity');
      case 'data':
        return base64(content('data')) ?? fail('has data that is not base64');
      case 'integer':
      case 'real': {
        const number = Number(content(tag).trim());
        return Number.isNaN(number) ? fail(`has an <${tag}> that is not a number`) : number;
      }
      case 'date': {
        const date = new Date(content('date').trim());
        return Number.isNaN(date.getTime()) ? fail('has a <date> that is not a date') : date;
      }
      case 'true/':
      case 'false/':
        return tag === 'true/';
      case 'dict/':
        return new Map();
      case 'array/':
        return [];
      case 'string/':
        return '';
      case 'data/':
        return new Uint8Array();
      case 'true':
      case 'false':
        content(tag);
        return tag === 'true';
      default:
        return fail(`has the unknown element <${tag.slice(0, 20)}>`);
    }
  };
  const dict = (depth: number): ReadonlyMap<string, PlistValue> => {
    const members = new Map<string, PlistValue>();
    for (let tag = nextTag(); tag !== '/dict'; tag = nextTag()) {
      if (tag !== 'key' && tag !== 'key/') return fail(`has <${tag.slice(0, 20)}> in place of a <key>`);
      const key = tag === 'key/' ? '' : (unescape(content('key')) ?? fail('has an unknown entity'));
      members.set(key, value(nextTag(), depth + 1));
    }
    return members;
  };

  const root = nextTag();
  if (!/^plist(\s|$)/.test(root)) return fail('does not begin with <plist>');
  const result = value(nextTag(), 0);
  if (nextTag() !== '/plist') return fail('has more than one value');
  return result;
}

/** Strict base64 with white space in it: Buffer alone would drop what it does not know. */
function base64(text: string): Uint8Array | undefined {
  const packed = text.replace(/\s+/g, '');
  return /^[A-Za-z0-9+/]*={0,2}$/.test(packed) ? new Uint8Array(Buffer.from(packed, 'base64')) : undefined;
}

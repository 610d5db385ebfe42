import { FormatError } from '../../base/index.ts';
import { unescape } from './unescape.ts';

/** An element, its namespace prefix part of its name. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text directly in it, unescaped. */
  readonly text: string;
}

/** An element takes some 200 bytes: what a table of contents of 50,000 files has. */
const mostElements = 1_000_000;
const deepest = 256;

type Open = { name: string; attributes: ReadonlyMap<string, string>; children: XmlElement[]; text: string };
const noAttributes: ReadonlyMap<string, string> = new Map();

/**
 * Reads an XML document into a tree. Nothing is expanded but character references and XML's own five entities: a
 * document type is refused, since that is where others are declared.
 * @param format whose text it is, for errors
 * @param at where the document begins in the file, for errors; its offsets count in the decoded document otherwise
 */
export function readXml(data: Uint8Array, format: string, at = 0): XmlElement {
  const text = Buffer.from(data.buffer, data.byteOffset, data.length)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  let position = 0;
  const fail = (message: string): never => {
    throw new FormatError(format, `its XML ${message} near character ${position}`, { offset: at });
  };
  const until = (end: string, from: number): string => {
    const close = text.indexOf(end, from);
    if (close < 0) return fail('ends inside a tag');
    position = close + end.length;
    return text.slice(from, close);
  };

  const root: Open = { name: '', attributes: noAttributes, children: [], text: '' };
  const open: Open[] = [root];
  let elements = 0;
  while (position < text.length) {
    const here = open.at(-1) ?? root;
    const start = text.indexOf('<', position);
    const before = text.slice(position, start < 0 ? text.length : start);
    if (here === root && before.trim() !== '') return fail('has text outside of its element');
    here.text += unescape(before) ?? fail('has an unknown entity');
    if (start < 0) break;
    position = start;
    if (text.startsWith('<!--', start)) until('-->', start + 4);
    else if (text.startsWith('<![CDATA[', start)) here.text += until(']]>', start + 9);
    else if (text.startsWith('<?', start)) until('?>', start + 2);
    else if (text.startsWith('<!', start)) return fail('has a document type');
    else if (text.startsWith('</', start)) {
      const name = until('>', start + 2).trimEnd();
      if (open.length === 1 || name !== here.name)
        return fail(`closes <${name.slice(0, 40)}>, which is not open`);
      open.pop();
    } else {
      const tag = until('>', start + 1);
      const closed = tag.endsWith('/');
      const element = openElement(closed ? tag.slice(0, -1) : tag) ?? fail('has an invalid tag');
      here.children.push(element);
      if (++elements > mostElements) return fail(`has more than ${mostElements} elements`);
      if (closed) continue;
      open.push(element);
      if (open.length > deepest) return fail(`nests deeper than ${deepest} elements`);
    }
  }
  const [document, another] = root.children;
  if (open.length > 1 || document === undefined) return fail('ends before its element does');
  if (another !== undefined) return fail('has more than one element outside');
  return document;
}

function openElement(tag: string): Open | undefined {
  const name = /^[^\s<>&"'=/]+/.exec(tag)?.[0];
  if (name === undefined) return undefined;
  if (name.length === tag.length) return { name, attributes: noAttributes, children: [], text: '' };
  const attributes = new Map<string, string>();
  const pattern = /\s+([^\s<>&"'=/]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')|\s*$/gy;
  pattern.lastIndex = name.length;
  while (pattern.lastIndex < tag.length) {
    const [all, key, double, single] = pattern.exec(tag) ?? [];
    if (all === undefined) return undefined;
    if (key === undefined) break;
    const value = unescape(double ?? single ?? '');
    if (value === undefined || attributes.has(key)) return undefined;
    attributes.set(key, value);
  }
  return { name, attributes, children: [], text: '' };
}

/** The first child of that name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((each) => each.name === name);
}

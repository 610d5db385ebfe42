import { masked } from '../base/index.ts';

/** `${name}` or `${name.output}`; offsets are in the text it was parsed from, braces included. */
export interface Reference {
  readonly name: string;
  readonly output?: string;
  readonly start: number;
  readonly end: number;
}

export type TemplatePart = string | Reference;

interface Template {
  /** Texts (with `$${` already made `${`) and references, in order. */
  readonly parts: readonly TemplatePart[];
  readonly faults: readonly { readonly message: string; readonly start: number; readonly end: number }[];
}

/** Text that may hold references. Linear in its length. */
export function parseTemplate(text: string): Template {
  const parts: TemplatePart[] = [];
  const faults: { message: string; start: number; end: number }[] = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('${', at);
    if (open === -1) break;
    if (open > at && text[open - 1] === '$') {
      plain += `${text.slice(at, open - 1)}\${`;
      at = open + 2;
      continue;
    }
    plain += text.slice(at, open);
    const close = text.indexOf('}', open);
    if (close === -1) {
      faults.push({
        message: 'A reference opened by "${" is not closed by "}".',
        start: open,
        end: text.length,
      });
      at = text.length;
      break;
    }
    const inside = text.slice(open + 2, close);
    at = close + 1;
    const match = /^([a-z][a-z0-9-]*)(?:\.([a-z][a-z0-9-]*))?$/.exec(inside);
    const name = match?.[1];
    if (name === undefined) {
      faults.push({
        message: `"\${${shorten(inside)}}" is not a reference.`,
        start: open,
        end: close + 1,
      });
      continue;
    }
    if (plain !== '') parts.push(plain);
    plain = '';
    const output = match?.[2];
    parts.push({ name, ...(output === undefined ? {} : { output }), start: open, end: close + 1 });
  }
  plain += text.slice(at);
  if (plain !== '') parts.push(plain);
  return { parts, faults };
}

function shorten(text: string): string {
  const shown = masked(text);
  return shown.length <= 40 ? shown : `${shown.slice(0, 40)}…`;
}

/** Cheaper than parsing, for the many values that hold none. */
export function mayHoldReferences(text: string): boolean {
  return text.includes('${');
}

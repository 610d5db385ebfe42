import type { Span } from '../base/index.ts';

/** A syntax fault in words of our own, and where to look for it. */
export interface SyntaxFault {
  readonly span: Span;
  readonly message: string;
  readonly hint?: string;
  /** Where the thing began that is not finished. */
  readonly opened?: Span;
}

/** What the parser says of a fault. */
interface ParserFault {
  readonly code: string;
  readonly pos: readonly [number, number];
  readonly message: string;
}

/**
 * Puts the parser's first fault into words. What it says after that follows from the first: one missing bracket gives
 * a fault for each line below it.
 */
export function syntaxFault(text: string, { code, pos: [start, end], message }: ParserFault): SyntaxFault {
  const span = { start, end };
  const collection = /^Flow (map|sequence) in block collection/.exec(message)?.[1];
  if (collection !== undefined) return unclosed(text, span, collection === 'map' ? '{' : '[');
  const quote = /^Missing closing (['"])quote/.exec(message)?.[1];
  if (quote !== undefined) {
    const opened = text.lastIndexOf(quote);
    return { span: { start: opened, end: opened + 1 }, message: `This quote (${quote}) is not closed.` };
  }
  if (code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY') return secondMapping(text, span);
  if (code === 'TAB_AS_INDENT')
    return { span, message: 'A tab cannot indent a line.', hint: 'Indent it with spaces.' };
  const list = message.startsWith('All sequence items');
  if (list || message.startsWith('All mapping items')) {
    const what = list ? 'items of the list' : 'keys';
    return { span: lineAt(text, start), message: `This line is not indented like the ${what} above it.` };
  }
  if (message.startsWith('Implicit map keys need'))
    return { span, message: 'Expected a key with a colon behind it, "key: value".' };
  if (message.startsWith('Sequence item without'))
    return { span, message: 'Expected a further item of the list, beginning with "- ".' };
  const reserved = /reserved character (.)/.exec(message)?.[1];
  if (reserved !== undefined)
    return { span, message: `A value cannot begin with "${reserved}".`, hint: 'Put it in quotes.' };
  const missing = /^Missing (\S+)(?: or :)? between flow-(map|sequence) items/.exec(message);
  if (missing !== null)
    return {
      span,
      message: `Expected a comma between the ${missing[2] === 'map' ? 'entries in {}' : 'items in []'}.`,
    };
  if (message.endsWith('at node end')) {
    const quoted = /['"]\s*$/.exec(text.slice(0, start)) !== null;
    return {
      span,
      message: 'Unexpected text after the value.',
      ...(quoted && { hint: "Within '…' a quote is written twice: ''; within \"…\" it is \\\"." }),
    };
  }
  const token = /^Unexpected \S+ token in YAML stream: (".*")/.exec(message)?.[1];
  if (token !== undefined) return { span, message: `Unexpected ${token}.` };
  return { span, message: sentence(message) };
}

/** The parser notices where the next line begins; what has to be mended is above. */
function unclosed(text: string, span: Span, bracket: '{' | '['): SyntaxFault {
  const closing = bracket === '{' ? '}' : ']';
  const opened = openBracket(text.slice(0, span.start), bracket, closing);
  const last = Math.max(0, text.slice(0, span.start).trimEnd().length - 1);
  return {
    span: { start: last, end: last + 1 },
    message: `Expected "${closing}" after this.`,
    ...(opened !== undefined && { opened: { start: opened, end: opened + 1 } }),
  };
}

/** The last bracket that is open at the end of a text; brackets in quotes are not looked through. */
function openBracket(text: string, bracket: string, closing: string): number | undefined {
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === closing) depth++;
    else if (text[at] === bracket && depth-- === 0) return at;
  }
  return undefined;
}

/** Two mappings where one value belongs: `a: b: c`, or a line that is indented below a key that has its value already. */
function secondMapping(text: string, span: Span): SyntaxFault {
  const line = lineAt(text, span.start);
  if (/:\s/.test(text.slice(span.start, line.end)) || text.slice(span.start).startsWith('- ')) {
    return {
      span: { start: span.start, end: line.end },
      message: 'A value on the same line cannot be a mapping or a list.',
      hint: 'Put it in quotes if it is text; else begin it on a line of its own, or write it within {} or [].',
    };
  }
  const next = text.slice(line.end).search(/\S/);
  const below = next < 0 ? span : lineAt(text, line.end + next);
  return { span: below, message: 'This line is indented, but the key above it has a value already.' };
}

/** A line's text without its indentation. */
function lineAt(text: string, offset: number): Span {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const found = text.indexOf('\n', start);
  const end = found < 0 ? text.length : found;
  const first = text.slice(start, end).search(/\S/);
  return { start: start + Math.max(0, first), end };
}

function sentence(message: string): string {
  const text = message.trim().replace(/\s+/g, ' ');
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

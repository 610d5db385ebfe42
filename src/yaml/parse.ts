import {
  Composer,
  Lexer,
  Parser,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type CST,
  type ParsedNode,
  type Pair,
} from 'yaml';
import type { Place } from '../base/index.ts';
import type { Report } from './faults.ts';
import { syntaxFault } from './syntax-fault.ts';
import type { MapEntry, YamlNode } from './node.ts';

/** The parser's stack; each level of nesting takes one or two entries. */
const deepest = 100;
/** Far above a pipeline of a thousand steps; it bounds the time a hostile file can take to about a second. */
const mostLexemes = 100_000;

/**
 * Parses YAML 1.2 (core schema) without anchors, aliases, tags, directives, merge keys and further documents.
 * @param file how the text is named to the user
 * @returns undefined when there is nothing to go on with; why has been reported
 */
export function parseYaml(text: string, file: string, report: Report): YamlNode | undefined {
  const tokens = tokenize(text, file, report);
  if (tokens === undefined) return undefined;
  const composer = new Composer({ uniqueKeys: false, version: '1.2' });
  let node: YamlNode | undefined;
  let first = true;
  for (const document of composer.compose(tokens, true, text.length)) {
    if (!first) {
      const start = document.range[0];
      report(
        'multiple-documents',
        at(file, text, start, start + 3),
        'The file holds more than one document.',
      );
      return undefined;
    }
    first = false;
    const [error] = document.errors;
    if (error !== undefined) {
      const { span, message, hint, opened } = syntaxFault(text, error);
      const also = opened && { ...at(file, text, opened.start, opened.end), message: 'It is opened here.' };
      report('yaml-syntax', at(file, text, span.start, span.end), message, hint, also);
    }
    // The parser mends what it can; a tree with a syntax fault is worth no more advice than the fault itself.
    if (document.errors.length > 0) return undefined;
    const contents = document.contents;
    if (contents === null || (isScalar(contents) && contents.value === null)) {
      report('yaml-syntax', at(file, text, 0, 1), 'The file holds no value.');
      return undefined;
    }
    node = convert(contents, { file, text, report, aliases: new Set() });
  }
  return node;
}

function tokenize(text: string, file: string, report: Report): CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (++lexemes > mostLexemes) {
      report(
        'too-large',
        at(file, text, offset, offset + 1),
        `The file has more than ${mostLexemes} tokens.`,
      );
      return undefined;
    }
    // The composer recurses, and V8 aborts the process when a regular expression is compiled near the stack's end.
    if (parser.stack.length > deepest) {
      report('too-deep', at(file, text, parser.offset, parser.offset + 1), 'The nesting is too deep.');
      return undefined;
    }
    offset = parser.offset;
  }
  tokens.push(...parser.end());
  for (const token of tokens) {
    if (token.type !== 'directive') continue;
    const end = token.offset + token.source.length;
    report(
      'yaml-syntax',
      at(file, text, token.offset, end),
      'Directives are not supported.',
      'Remove the line.',
    );
    return undefined;
  }
  return tokens;
}

interface Conversion {
  readonly file: string;
  readonly text: string;
  readonly report: Report;
  /** Names of aliases that were reported. */
  readonly aliases: Set<string>;
}

function convert(node: ParsedNode, how: Conversion): YamlNode {
  const [start, end] = node.range;
  const place = at(how.file, how.text, start, end);
  if (isAlias(node)) {
    // Once a name: a bomb has one alias after the other.
    if (!how.aliases.has(node.source)) {
      const hint = 'Write the value out, or make it a parameter.';
      how.report('alias', place, `The alias "*${node.source}" is not supported.`, hint);
    }
    how.aliases.add(node.source);
    return { kind: 'broken', place };
  }
  // A tag or an anchor stands before the value and outside its range.
  if (node.anchor !== undefined)
    how.report('alias', place, `The anchor "&${node.anchor}" is not supported.`, 'Remove it.');
  if (node.tag !== undefined)
    how.report(
      'tag',
      place,
      `The tag "${node.tag.replace(/^tag:yaml.org,2002:/, '!!')}" is not supported.`,
      'Remove it; quote the value where text is meant.',
    );
  if (isMap(node)) return { kind: 'map', place, entries: convertEntries(node.items, how) };
  if (isSeq(node)) {
    return { kind: 'list', place, items: node.items.map((item) => convert(item, how)) };
  }
  return convertScalar(node, place, how);
}

function convertScalar(
  node: Extract<ParsedNode, { value: unknown }>,
  place: Place,
  { text }: Conversion,
): YamlNode {
  const { value } = node;
  if (typeof value === 'string') {
    const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
    const textStart = node.range[0] + quoted;
    return text.startsWith(value, textStart)
      ? { kind: 'scalar', place, value, textStart }
      : { kind: 'scalar', place, value };
  }
  if (typeof value === 'number' || typeof value === 'boolean') return { kind: 'scalar', place, value };
  // The core schema has no other kinds of scalars.
  return { kind: 'scalar', place, value: null };
}

function convertEntries(pairs: readonly Pair<ParsedNode, ParsedNode | null>[], how: Conversion): MapEntry[] {
  const entries: MapEntry[] = [];
  const seen = new Map<string, Place>();
  for (const { key, value } of pairs) {
    const name = convert(key, how);
    if (name.kind === 'broken') continue;
    if (name.kind !== 'scalar' || typeof name.value !== 'string') {
      how.report('bad-name', name.place, 'A key must be text.', 'Put it in quotes.');
      continue;
    }
    if (name.value === '<<') {
      how.report('merge-key', name.place, 'Merge keys are not part of YAML 1.2.', 'Write the entries out.');
      continue;
    }
    const first = seen.get(name.value);
    if (first !== undefined) {
      how.report(
        'duplicate-key',
        name.place,
        `The key "${name.value}" appears twice.`,
        'Remove one of them.',
        { ...first, message: 'It is first declared here.' },
      );
      continue;
    }
    seen.set(name.value, name.place);
    // `key:` at the very end of a map has no node of its own.
    const converted: YamlNode =
      value === null ? { kind: 'scalar', place: name.place, value: null } : convert(value, how);
    const missing = converted.kind === 'scalar' && converted.value === null;
    entries.push({
      name: name.value,
      key: name.place,
      value: missing ? { ...converted, place: name.place } : converted,
    });
  }
  return entries;
}

/** A place inside the text, at least one character wide where the text allows it, without the line breaks at its end. */
function at(file: string, text: string, start: number, end: number): Place {
  const from = Math.max(0, Math.min(start, text.length));
  let to = Math.max(from, Math.min(end, text.length));
  while (to > from + 1 && /\s/.test(text[to - 1] ?? '')) to--;
  return { file, span: { start: from, end: Math.max(to, Math.min(from + 1, text.length)) } };
}

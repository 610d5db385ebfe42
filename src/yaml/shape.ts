import { masked, type Json, type Place } from '../base/index.ts';
import type { Report } from './faults.ts';
import type { Located } from './located.ts';
import { suggest } from './suggest.ts';
import { describeNode, type YamlNode } from './node.ts';

export type JsonSchema = Readonly<Record<string, Json>>;

/** What a YAML value must look like: one declaration reads it and describes it to editors. */
export interface Shape<T> {
  /** JSON schema, draft 7. */
  readonly schema: JsonSchema;
  /** Reports what is wrong with the node; undefined when there is nothing to go on with. */
  read(node: YamlNode, report: Report): T | undefined;
}

/** Names of recipes, pipelines, steps, parameters, inputs, outputs, sources, buildroots. */
const namePattern = /^[a-z][a-z0-9-]*$/;
const nameRule = 'Names are lower-case letters, digits and hyphens, a letter first.';
const longestName = 64;

export function isName(text: string): boolean {
  return text.length <= longestName && namePattern.test(text);
}

export function locate<T>(value: T, place: Place, items?: readonly Place[]): Located<T> {
  const { file, span } = place;
  return items === undefined ? { value, file, span } : { value, file, span, items };
}

/** Reports that a value is not what stands here. `wanted` is a noun with its article. */
export function wrongType(node: YamlNode, wanted: string, report: Report): void {
  if (node.kind === 'broken') return;
  const quotable = node.kind === 'scalar' && typeof node.value !== 'string' && node.value !== null;
  const hint =
    quotable && wanted.includes('text')
      ? 'Put it in quotes.'
      : wanted === 'a list'
        ? 'A list is written [FIRST, SECOND].'
        : undefined;
  report('wrong-type', node.place, `Expected ${wanted}, found ${describeNode(node)}.`, hint);
}

/** @param fault the end of a sentence "TEXT …" when the text will not do */
export function text(
  schema: JsonSchema = {},
  fault?: (text: string) => string | undefined,
): Shape<Located<string>> {
  return {
    schema: { type: 'string', ...schema },
    read(node, report) {
      if (node.kind !== 'scalar' || typeof node.value !== 'string') {
        wrongType(node, 'text', report);
        return undefined;
      }
      const { value } = node;
      const wrong = value === '' ? 'is empty' : fault?.(value);
      if (wrong !== undefined) {
        report(
          'bad-value',
          node.place,
          value === '' ? 'The text must not be empty.' : `"${shorten(value)}" ${wrong}.`,
        );
        return undefined;
      }
      return locate(value, node.place);
    },
  };
}

export function name(): Shape<Located<string>> {
  return {
    schema: { type: 'string', pattern: namePattern.source },
    read(node, report) {
      if (node.kind !== 'scalar' || typeof node.value !== 'string') {
        wrongType(node, 'a name as text', report);
        return undefined;
      }
      if (isName(node.value)) return locate(node.value, node.place);
      report('bad-name', node.place, `"${shorten(node.value)}" cannot be a name.`, nameRule);
      return undefined;
    },
  };
}

export function word<W extends string>(words: readonly W[]): Shape<Located<W>> {
  return {
    schema: { enum: words },
    read(node, report) {
      if (node.kind !== 'scalar' || typeof node.value !== 'string') {
        wrongType(node, 'text', report);
        return undefined;
      }
      const written = node.value;
      const found = words.find((candidate) => candidate === written);
      if (found !== undefined) return locate(found, node.place);
      report('bad-value', node.place, `"${shorten(written)}" is not one of ${words.join(', ')}.`, () =>
        suggest(written, words),
      );
      return undefined;
    },
  };
}

export function flag(): Shape<Located<boolean>> {
  return {
    schema: { type: 'boolean' },
    read(node, report) {
      if (node.kind === 'scalar' && typeof node.value === 'boolean') return locate(node.value, node.place);
      wrongType(node, 'true or false', report);
      return undefined;
    },
  };
}

/** A whole number that is at least 1. */
export function positive(): Shape<Located<number>> {
  return {
    schema: { type: 'integer', minimum: 1 },
    read(node, report) {
      const value = node.kind === 'scalar' ? node.value : undefined;
      if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0)
        return locate(value, node.place);
      wrongType(node, 'a whole number from 1', report);
      return undefined;
    },
  };
}

/** A list; items that will not do are reported and left out. */
export function list<T>(item: Shape<Located<T>>, least = 0): Shape<Located<readonly T[]>> {
  return {
    schema: { type: 'array', items: item.schema, ...(least > 0 ? { minItems: least } : {}) },
    read(node, report) {
      if (node.kind !== 'list') {
        wrongType(node, 'a list', report);
        return undefined;
      }
      if (node.items.length < least) report('bad-value', node.place, 'The list must not be empty.');
      const items = node.items
        .map((child) => item.read(child, report))
        .filter((child) => child !== undefined);
      return locate(
        items.map(({ value }) => value),
        node.place,
        items.map(({ file, span }) => ({ file, span })),
      );
    },
  };
}

/** Any value, as its node: its type depends on something else. */
export function anything(schema: JsonSchema = {}): Shape<YamlNode> {
  return {
    schema,
    read: (node) => (node.kind === 'broken' ? undefined : node),
  };
}

export interface Named<T> {
  /** Where the name stands. */
  readonly key: Place;
  /** Undefined when what was there would not do. */
  readonly value: T | undefined;
}

/** A mapping whose keys the user names. */
export function named<T>(shape: Shape<T>, least = 0): Shape<ReadonlyMap<string, Named<T>>> {
  return {
    schema: {
      type: 'object',
      propertyNames: { pattern: namePattern.source, maxLength: longestName },
      additionalProperties: shape.schema,
      ...(least > 0 ? { minProperties: least } : {}),
    },
    read(node, report) {
      if (node.kind !== 'map') {
        wrongType(node, 'a mapping of names to values', report);
        return undefined;
      }
      if (node.entries.length < least) report('bad-value', node.place, 'The mapping must not be empty.');
      const entries = new Map<string, Named<T>>();
      for (const { name: key, key: place, value } of node.entries) {
        if (!isName(key)) report('bad-name', place, `"${shorten(key)}" cannot be a name.`, nameRule);
        else entries.set(key, { key: place, value: shape.read(value, report) });
      }
      return entries;
    },
  };
}

export function shorten(long: string): string {
  const oneLine = long.replace(/\s+/g, ' ');
  return oneLine.length <= 60 ? oneLine : `${masked(oneLine).slice(0, 60)}…`;
}

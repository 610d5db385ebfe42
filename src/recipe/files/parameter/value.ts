import type { ParameterValue } from '../../../step/protocol.ts';
import type { Report } from '../../../yaml/faults.ts';
import type { Parameter } from '../../model.ts';
import type { Located } from '../../../yaml/located.ts';
import { locate, shorten, wrongType } from '../../../yaml/shape.ts';
import { parseSize } from '../../../yaml/size.ts';
import { suggestOrList } from '../../../yaml/suggest.ts';
import type { YamlNode } from '../../../yaml/node.ts';
import { isWithin, type Bounds } from './bounds.ts';

export type ParameterType = Parameter['type'];

/** What a value is checked against. */
export interface ValueType extends Bounds {
  readonly type: ParameterType;
  readonly values?: readonly string[];
}

const sizeRule = 'A size is bytes, or a number with K, M, G, T or P (powers of 1024), such as 512M or 30G.';

/** The value a parameter's type makes of a YAML value. A size is bytes; a file is its path as written. */
export function valueOfNode(
  node: YamlNode,
  of: ValueType,
  report: Report,
): Located<ParameterValue> | undefined {
  const value = typedNode(node, of, report);
  return value !== undefined && isWithin(value, of, report) ? value : undefined;
}

function typedNode(node: YamlNode, of: ValueType, report: Report): Located<ParameterValue> | undefined {
  if (node.kind === 'broken') return undefined;
  const scalar = node.kind === 'scalar' ? node.value : undefined;
  switch (of.type) {
    case 'integer':
      if (isWhole(scalar)) return locate(scalar, node.place);
      wrongType(node, 'a whole number', report);
      return undefined;
    case 'boolean':
      if (typeof scalar === 'boolean') return locate(scalar, node.place);
      wrongType(node, 'true or false', report);
      return undefined;
    case 'size':
      if (isWhole(scalar) && scalar >= 0) return locate(scalar, node.place);
      if (typeof scalar === 'string') return typedText(locate(scalar, node.place), of, report);
      wrongType(node, 'a size', report);
      return undefined;
    case 'list': {
      const list = node.kind === 'list' ? node.items : undefined;
      if (list === undefined) wrongType(node, 'a list', report);
      const items = list?.map((item) => textOf(item, report));
      if (list === undefined || items === undefined || items.includes(undefined)) return undefined;
      return locate(
        items.filter((item) => item !== undefined),
        node.place,
        list.map(({ place }) => place),
      );
    }
    case 'string':
    case 'choice':
    case 'file': {
      const text = textOf(node, report);
      return text === undefined ? undefined : typedText(locate(text, node.place), of, report);
    }
  }
}

/** The same for a text that is not YAML: of the command line, or put together from references. */
export function valueOfText(
  text: Located<string>,
  of: ValueType,
  report: Report,
): Located<ParameterValue> | undefined {
  const value = typedText(text, of, report);
  return value !== undefined && isWithin(value, of, report) ? value : undefined;
}

function typedText(
  text: Located<string>,
  of: ValueType,
  report: Report,
): Located<ParameterValue> | undefined {
  const { value } = text;
  const bad = (message: string, hint?: string): void => {
    report('bad-value', text, `"${shorten(value)}" ${message}.`, hint);
  };
  switch (of.type) {
    case 'string':
      return text;
    case 'file':
      if (value !== '' && !value.includes('\0')) return text;
      bad('is not the path of a file');
      return undefined;
    case 'list':
      return locate([value], text, [text]);
    case 'integer':
      if (/^-?\d{1,16}$/.test(value) && isWhole(Number(value))) return locate(Number(value), text);
      bad('is not a whole number');
      return undefined;
    case 'boolean':
      if (value === 'true' || value === 'false') return locate(value === 'true', text);
      bad('is not true or false');
      return undefined;
    case 'size': {
      const bytes = parseSize(value);
      if (bytes !== undefined) return locate(bytes, text);
      bad('is not a size', sizeRule);
      return undefined;
    }
    case 'choice':
      if (of.values?.includes(value) === true) return text;
      bad('is not one of the choices', suggestOrList(value, of.values ?? [], 'choices'));
      return undefined;
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function textOf(node: YamlNode, report: Report): string | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'string') return node.value;
  wrongType(node, 'text', report);
  return undefined;
}

/** What stands in the file, of no type yet. */
export function writtenValue(node: YamlNode): ParameterValue {
  if (node.kind === 'list') return node.items.map((item) => String(writtenValue(item)));
  return node.kind === 'scalar' ? (node.value ?? '') : '';
}

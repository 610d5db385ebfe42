import type { Place } from '../../base/index.ts';
import type { Report } from '../../yaml/faults.ts';
import { holdsReferences } from './parameter/shape.ts';
import { isWithin } from './parameter/bounds.ts';
import { valueOfNode, valueOfText, type ValueType } from './parameter/value.ts';
import { parseTemplate, type Reference, type TemplatePart } from '../../yaml/template.ts';
import type { Resolved, Scope } from './resolved.ts';
import { locate, wrongType } from '../../yaml/shape.ts';
import type { ScalarNode, YamlNode } from '../../yaml/node.ts';

/**
 * The value of a YAML value that may hold references. A text that is exactly one reference is what it stands for,
 * whatever its type; references within a text, or within a list's items, become text.
 * @returns undefined when it is faulty, which has been reported
 */
export function evaluate(node: YamlNode, to: ValueType, scope: Scope, report: Report): Resolved | undefined {
  if (!holdsReferences(node)) {
    const value = valueOfNode(node, to, report);
    return value && { kind: 'value', type: to.type, value };
  }
  if (node.kind === 'list') {
    if (to.type !== 'list') {
      wrongType(node, `a value of type ${to.type}`, report);
      return undefined;
    }
    const items = node.items.map((item) => textOfItem(item, scope, report));
    if (items.includes(undefined)) return undefined;
    const value = locate(
      items.filter((item) => item !== undefined),
      node.place,
      node.items.map(({ place }) => place),
    );
    return isWithin(value, to, report) ? { kind: 'value', type: 'list', value } : undefined;
  }
  if (node.kind !== 'scalar') return undefined;
  const parts = partsOf(node, report);
  const [only] = parts ?? [];
  if (parts?.length === 1 && only !== undefined && typeof only !== 'string') {
    return scope.resolve(only, placeOf(node, only));
  }
  if (to.type === 'list') {
    if (parts !== undefined) wrongType(node, 'a list, or one reference to a list', report);
    return undefined;
  }
  const text = parts && join(node, parts, scope, report);
  const value = text === undefined ? undefined : valueOfText(locate(text, node.place), to, report);
  return value && { kind: 'value', type: to.type, value };
}

/** Reports the faults of all references in a value whose type is not known. */
export function checkReferences(node: YamlNode, scope: Scope, report: Report): void {
  if (node.kind === 'list') for (const item of node.items) checkReferences(item, scope, report);
  if (node.kind !== 'scalar' || !holdsReferences(node)) return;
  for (const part of partsOf(node, report) ?? []) {
    if (typeof part !== 'string') scope.resolve(part, placeOf(node, part));
  }
}

/** A text's only reference, for where nothing else may stand. */
export function onlyReference(node: ScalarNode, report: Report): Reference | undefined {
  const parts = partsOf(node, report);
  if (parts === undefined) return undefined;
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== 'string') return only;
  report('bad-reference', node.place, 'Expected one reference to an output.', 'Write "${step.output}".');
  return undefined;
}

function textOfItem(node: YamlNode, scope: Scope, report: Report): string | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    wrongType(node, 'text', report);
    return undefined;
  }
  const parts = partsOf(node, report);
  return parts && join(node, parts, scope, report);
}

function join(
  node: ScalarNode,
  parts: readonly TemplatePart[],
  scope: Scope,
  report: Report,
): string | undefined {
  let text: string | undefined = '';
  for (const part of parts) {
    const piece = typeof part === 'string' ? part : textOfReference(part, placeOf(node, part), scope, report);
    // All the faults of a text, not the first.
    text = piece === undefined || text === undefined ? undefined : text + piece;
  }
  return text;
}

function textOfReference(
  reference: Reference,
  place: Place,
  scope: Scope,
  report: Report,
): string | undefined {
  const found = scope.resolve(reference, place);
  if (found === undefined) return undefined;
  const value = found.kind === 'value' ? found.value.value : undefined;
  if (value !== undefined && typeof value !== 'object') return String(value);
  const what = value === undefined ? 'a file' : 'a list';
  report(
    'bad-reference',
    place,
    `\${${nameOf(reference)}} is ${what}, which cannot stand within a text.`,
    'Only strings, numbers, sizes, choices and booleans can.',
  );
  return undefined;
}

export function nameOf({ name, output }: Reference): string {
  return output === undefined ? name : `${name}.${output}`;
}

function partsOf(node: ScalarNode, report: Report): readonly TemplatePart[] | undefined {
  const { parts, faults } = parseTemplate(String(node.value));
  for (const { message, start, end } of faults) {
    report(
      'bad-reference',
      placeOf(node, { start, end }),
      message,
      'A reference is ${parameter} or ${step.output}; "$${" is a literal "${".',
    );
  }
  return faults.length === 0 ? parts : undefined;
}

/** The place of a part of a text, exact where the file holds the text letter for letter. */
export function placeOf(node: ScalarNode, part: { readonly start: number; readonly end: number }): Place {
  if (node.textStart === undefined) return node.place;
  const span = { start: node.textStart + part.start, end: node.textStart + part.end };
  return { file: node.place.file, span };
}

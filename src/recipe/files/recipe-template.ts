import type { ParameterValue } from '../../step/protocol.ts';
import { environmentShape } from './environment-shape.ts';
import { columnOf } from './column.ts';
import { evaluate } from './evaluate.ts';
import type { Report } from '../../yaml/faults.ts';
import type { Parameter, Recipe, Source } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import { sourceShape } from './origin-shape.ts';
import { isWithin } from './parameter/bounds.ts';
import { holdsReferences } from './parameter/shape.ts';
import { valueOfText } from './parameter/value.ts';
import type { Scope } from './resolved.ts';
import { locate } from '../../yaml/shape.ts';
import { suggestOrList } from '../../yaml/suggest.ts';
import { parseTemplate } from '../../yaml/template.ts';
import type { YamlNode } from '../../yaml/node.ts';

/** Does a value, or anything below it, hold references? */
export function isTemplate(node: YamlNode): boolean {
  if (node.kind === 'map') return node.entries.some(({ value }) => isTemplate(value));
  if (node.kind === 'list') return node.items.some(isTemplate);
  return holdsReferences(node);
}

/** A recipe's own parameters, which are all that its sources and its environment may refer to. */
export function recipeScope(
  declared: ReadonlyMap<string, Parameter>,
  values: ReadonlyMap<string, Located<ParameterValue>>,
  report: Report,
): Scope {
  return {
    resolve({ name, output }, place) {
      const chosen = declared.get(name);
      if (output !== undefined && chosen?.table !== undefined)
        return columnOf(chosen.table, values.get(name), output, place, report);
      const parameter = output === undefined ? chosen : undefined;
      if (parameter === undefined) {
        const written = output === undefined ? name : `${name}.${output}`;
        report('unknown-reference', place, `The recipe has no parameter "${written}".`, () =>
          suggestOrList(name, declared.keys(), 'parameters'),
        );
      }
      const value = parameter && values.get(name);
      return parameter && value && { kind: 'value', type: parameter.type, value };
    },
    parameter: () => undefined,
    output: () => undefined,
  };
}

/** The value with its references replaced; what cannot be is broken, and reported where it is not only without a value. */
export function fillIn(node: YamlNode, scope: Scope, report: Report): YamlNode {
  switch (node.kind) {
    case 'map':
      return {
        ...node,
        entries: node.entries.map((entry) => ({ ...entry, value: fillIn(entry.value, scope, report) })),
      };
    case 'list':
      return { ...node, items: node.items.map((item) => fillIn(item, scope, report)) };
    case 'broken':
      return node;
    case 'scalar': {
      if (!holdsReferences(node)) return node;
      const found = evaluate(node, { type: 'string' }, scope, report);
      const value = found?.kind === 'value' ? found.value.value : undefined;
      if (value !== undefined && typeof value !== 'object')
        return { kind: 'scalar', place: node.place, value };
      if (value !== undefined)
        report('wrong-type', node.place, 'Expected text, found a list.', 'Only one value fits here.');
      return { kind: 'broken', place: node.place };
    }
  }
}

/** The recipe as a step's parameters make it. */
export function applyParameters(
  recipe: Recipe,
  values: ReadonlyMap<string, Located<ParameterValue>>,
  report: Report,
): Recipe {
  const sources = [...recipe.sources.values()];
  if (recipe.environmentTemplate === undefined && !sources.some(({ template }) => template !== undefined))
    return recipe;
  const scope = recipeScope(recipe.parameters, values, report);
  const environment =
    recipe.environmentTemplate &&
    environmentShape.read(fillIn(recipe.environmentTemplate, scope, report), report);
  const filled = sources.map((source): Source => {
    const { template } = source;
    if (template === undefined) return source;
    return { ...source, origins: sourceShape.read(fillIn(template, scope, report), report) ?? [] };
  });
  return {
    ...recipe,
    sources: new Map(filled.map((source) => [source.name, source])),
    environment: environment ?? recipe.environment,
  };
}

/** The recipe, and the recipe as each row of a table that a parameter chooses from makes it. */
export function byTables(recipe: Recipe): Recipe[] {
  const ignore: Report = () => undefined;
  const rows = [...recipe.parameters.values()].flatMap((parameter) =>
    [...(parameter.table?.rows.keys() ?? [])].map((row) => {
      const given = new Map([[parameter.name, locate(row, parameter)]]);
      const values = new Map([...defaultsOf(recipe.parameters, ignore, given), ...given]);
      return applyParameters(recipe, values, ignore);
    }),
  );
  return [recipe, ...rows];
}

/** The parameters that a source's origins depend on and that have not their defaults: what `lock` has to be given to pin these. */
export function choosingParameters(
  recipe: Recipe,
  { template }: Source,
  values: ReadonlyMap<string, Located<ParameterValue>>,
): [string, ParameterValue][] {
  if (template === undefined) return [];
  const defaults = defaultsOf(recipe.parameters, () => undefined);
  return [...new Set(namesIn(template))].flatMap((name): [string, ParameterValue][] => {
    const value = values.get(name)?.value;
    return value === undefined || value === defaults.get(name)?.value ? [] : [[name, value]];
  });
}

/** The names that a value, and all below it, refers to. */
function namesIn(node: YamlNode): string[] {
  if (node.kind === 'map') return node.entries.flatMap(({ value }) => namesIn(value));
  if (node.kind === 'list') return node.items.flatMap(namesIn);
  if (node.kind === 'broken' || typeof node.value !== 'string') return [];
  return parseTemplate(node.value).parts.flatMap((part) => (typeof part === 'string' ? [] : [part.name]));
}

/** The values of a recipe's parameters where none is given; what they refer to are the `given` ones, or else defaults. */
export function defaultsOf(
  parameters: ReadonlyMap<string, Parameter>,
  report: Report,
  given: ReadonlyMap<string, Located<ParameterValue>> = new Map(),
): Map<string, Located<ParameterValue>> {
  const values = new Map(
    [...parameters].flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])),
  );
  const scope = columnScope(parameters, new Map([...values, ...given]), report);
  for (const [name, parameter] of parameters) {
    const { defaultTemplate: node } = parameter;
    const value = node && !given.has(name) ? referredDefault(parameter, node, scope, report) : undefined;
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

function referredDefault(
  parameter: Parameter,
  node: YamlNode,
  scope: Scope,
  report: Report,
): Located<ParameterValue> | undefined {
  const found = evaluate(node, parameter, scope, report);
  if (found?.kind !== 'value') return undefined;
  const { type, value } = found;
  if (type === parameter.type) return isWithin(value, parameter, report) ? value : undefined;
  if (typeof value.value === 'string') return valueOfText(locate(value.value, value), parameter, report);
  report(
    'wrong-type',
    node.place,
    `The parameter "${parameter.name}" is of type ${parameter.type}, and this is of type ${type}.`,
  );
  return undefined;
}

/** What the default of a recipe's parameter may refer to: columns. Another parameter may have a default that leads back. */
function columnScope(
  parameters: ReadonlyMap<string, Parameter>,
  values: ReadonlyMap<string, Located<ParameterValue>>,
  report: Report,
): Scope {
  const all = recipeScope(parameters, values, report);
  return {
    ...all,
    resolve(reference, place) {
      if (reference.output !== undefined || !parameters.has(reference.name))
        return all.resolve(reference, place);
      report(
        'bad-reference',
        place,
        "A recipe's default may refer to a column of a table, not to a parameter.",
        'Write "${parameter.column}".',
      );
      return undefined;
    },
  };
}

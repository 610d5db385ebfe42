import type { Parameter } from '../../model.ts';
import type { Located } from '../../../yaml/located.ts';
import type { Report } from '../../../yaml/faults.ts';
import { declareBounds } from './declare-bounds.ts';
import { valueOfNode, writtenValue, type ParameterType } from './value.ts';
import type { FindTable, Table } from '../table-file.ts';
import { mayHoldReferences } from '../../../yaml/template.ts';
import { object, optional, required, type ReadObject } from '../../../yaml/object-shape.ts';
import {
  anything,
  list,
  locate,
  name as nameShape,
  named,
  text,
  word,
  type JsonSchema,
  type Named,
  type Shape,
} from '../../../yaml/shape.ts';
import type { YamlNode } from '../../../yaml/node.ts';
import type { ParameterValue } from '../../../step/protocol.ts';

const recipeTypes = ['string', 'integer', 'boolean', 'size', 'choice', 'list'] as const;
const pipelineTypes = [...recipeTypes, 'file'] as const;

const typeSummary =
  'string, integer, boolean, size (30G; K, M, G, T are powers of 1024), choice (of values), list (of strings)';

const limit = anything({ type: ['integer', 'string'] });

const fields = {
  type: required(word<ParameterType>(pipelineTypes), `${typeSummary}, file (a file of the user's own)`),
  summary: optional(text(), 'What it is for, in one line'),
  default: optional(
    anything({
      anyOf: [{ type: ['string', 'number', 'boolean'] }, { type: 'array', items: { type: 'string' } }],
    }),
    'The value when none is given; without it one must be given',
  ),
  values: optional(list(text(), 1), 'What a choice can be'),
  of: optional(nameShape(), 'The table of what a choice can be: recipes/tables/NAME.yaml'),
  minimum: optional(limit, 'The least that an integer or a size can be'),
  maximum: optional(limit, 'The most that an integer or a size can be'),
  pattern: optional(
    text(),
    'A regular expression that the whole of a string, or of each item of a list, has to match',
  ),
};

type ReadParameter = ReadObject<typeof fields>;

/** The parameters of a pipeline. */
export const pipelineParameters: Shape<ReadonlyMap<string, Named<ReadParameter>>> = named(
  withConditions(object('a parameter', fields), true),
);

/** The parameters of a recipe: it takes files as inputs. */
export const recipeParameters: Shape<ReadonlyMap<string, Named<ReadParameter>>> = named(
  withConditions(
    object('a parameter', { ...fields, type: required(word<ParameterType>(recipeTypes), typeSummary) }),
    false,
  ),
);

/** What the type says about the other keys, for editors. */
function withConditions(shape: Shape<ReadParameter>, references: boolean): Shape<ReadParameter> {
  const reference: JsonSchema = { type: 'string', pattern: '\\$\\{' };
  const when = (type: string, then: JsonSchema): JsonSchema => ({
    if: { properties: { type: { const: type } }, required: ['type'] },
    then,
  });
  const fallback = (type: string, schema: JsonSchema): JsonSchema =>
    when(type, { properties: { default: references ? { anyOf: [schema, reference] } : schema } });
  return {
    read: (node, report) => shape.read(node, report),
    schema: {
      ...shape.schema,
      allOf: [
        fallback('string', { type: 'string' }),
        fallback('integer', { type: 'integer' }),
        fallback('boolean', { type: 'boolean' }),
        fallback('size', { type: ['integer', 'string'] }),
        fallback('list', { type: 'array', items: { type: 'string' } }),
        when('choice', {
          anyOf: [{ required: ['values'] }, { required: ['of'] }],
          properties: { default: { type: 'string' } },
        }),
        // minimum and maximum are a number's, pattern is a text's.
        when('integer', {
          properties: { minimum: { type: 'integer' }, maximum: { type: 'integer' }, pattern: false },
        }),
        when('size', { properties: { pattern: false } }),
        ...['string', 'list'].map((type) => when(type, { properties: { minimum: false, maximum: false } })),
        ...['boolean', 'choice', 'file'].map((type) =>
          when(type, { properties: { minimum: false, maximum: false, pattern: false } }),
        ),
      ],
    },
  };
}

/** A parameter with the node of its default, which a pipeline resolves. */
export interface DeclaredParameter extends Parameter {
  readonly defaultNode?: YamlNode;
  /** Was no default written? A faulty one is not a missing one. */
  readonly needed: boolean;
}

/** Whose parameters are declared. */
interface Declaring {
  /** Is it a pipeline? Else a recipe, whose defaults refer to columns of tables alone. */
  readonly pipeline: boolean;
  readonly tables: FindTable;
}

/** A default that holds references is checked when they are resolved. */
export function declareParameters(
  read: ReadonlyMap<string, Named<ReadParameter>> | undefined,
  of: Declaring,
  report: Report,
): Map<string, DeclaredParameter> {
  const parameters = new Map<string, DeclaredParameter>();
  for (const [called, { key, value }] of read ?? []) {
    const parameter = value === undefined ? undefined : declareParameter(called, value, of, report);
    // A faulty one keeps its name, so that nobody is told that it does not exist.
    parameters.set(called, { name: called, type: 'string', needed: false, ...key, ...parameter });
  }
  return parameters;
}

function declareParameter(
  name: string,
  { fields: { type, summary, default: node, values, of, minimum, maximum, pattern }, has }: ReadParameter,
  { pipeline, tables }: Declaring,
  report: Report,
): Partial<DeclaredParameter> | undefined {
  if (type === undefined) return undefined;
  const isChoice = type.value === 'choice';
  if (isChoice && !has('values') && !has('of'))
    report('missing-key', type, `The choice "${name}" needs the key "values".`, 'List what it can be.');
  for (const key of isChoice ? [] : [values, of])
    if (key !== undefined)
      report('unknown-key', key, `Only a choice has values, and "${name}" is of type ${type.value}.`);
  if (values !== undefined && of !== undefined)
    report('name-conflict', of, `The choice "${name}" has values and a table of them.`, 'Leave one out.');
  const table = isChoice && of !== undefined ? tables(of) : undefined;
  const choices = table === undefined ? values?.value : [...table.rows.keys()];
  const bounds = declareBounds(name, type.value, { minimum, maximum, pattern }, report);
  const declared: Partial<DeclaredParameter> = {
    ...bounds,
    type: type.value,
    needed: !has('default') && table?.default === undefined,
    ...(summary === undefined ? {} : { summary: summary.value }),
    ...(isChoice ? { values: choices ?? [] } : {}),
    ...(table === undefined ? {} : { table }),
  };
  if (node === undefined) return { ...declared, ...fallbackOf(table) };
  if (holdsReferences(node) && !pipeline) return { ...declared, defaultTemplate: node };
  const value: Located<ParameterValue> | undefined = holdsReferences(node)
    ? locate(writtenValue(node), node.place)
    : isChoice && choices === undefined
      ? undefined
      : valueOfNode(
          node,
          { type: type.value, ...bounds, ...(choices === undefined ? {} : { values: choices }) },
          report,
        );
  return value === undefined ? declared : { ...declared, default: value, defaultNode: node };
}

/** A table's own default, as if it were written where the table is named. */
function fallbackOf(table: Table | undefined): Partial<DeclaredParameter> {
  const value = table?.default;
  if (value === undefined) return {};
  const { file, span } = value;
  return { default: value, defaultNode: { kind: 'scalar', place: { file, span }, value: value.value } };
}

export function holdsReferences(node: YamlNode): boolean {
  if (node.kind === 'list') return node.items.some(holdsReferences);
  return node.kind === 'scalar' && typeof node.value === 'string' && mayHoldReferences(node.value);
}

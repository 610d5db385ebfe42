import type { ParameterValue } from '../../step/protocol.ts';
import { checkName, type FileName } from '../../yaml/file-name.ts';
import type { Report } from '../../yaml/faults.ts';
import type { Located } from '../../yaml/located.ts';
import type { YamlNode } from '../../yaml/node.ts';
import { object, optional, required } from '../../yaml/object-shape.ts';
import {
  anything,
  list,
  name,
  named,
  shorten,
  text,
  wrongType,
  type JsonSchema,
  type Named,
  type Shape,
} from '../../yaml/shape.ts';
import { suggestOrList } from '../../yaml/suggest.ts';

/** What a choice can be, and what follows from each: recipes/tables/NAME.yaml. */
export interface Table {
  readonly name: string;
  /** The value where a parameter names none. */
  readonly default?: Located<string>;
  /** Value → column → what stands there. All rows have the same columns. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, Located<ParameterValue>>>;
}

/** The table of that name, as far as it could be read. Reports when none exists. */
export type FindTable = (name: Located<string>) => Table | undefined;

const longestValue = 64;

const cells = named(
  anything({ anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }),
  1,
);

type Row = ReadonlyMap<string, Named<YamlNode>>;

const rows: Shape<ReadonlyMap<string, Named<Row>>> = {
  schema: {
    type: 'object',
    propertyNames: { minLength: 1, maxLength: longestValue },
    additionalProperties: cells.schema,
    minProperties: 1,
  },
  read(node, report) {
    if (node.kind !== 'map') {
      wrongType(node, 'a mapping of values to what follows from each', report);
      return undefined;
    }
    if (node.entries.length === 0) report('bad-value', node.place, 'The mapping must not be empty.');
    const read = new Map<string, Named<Row>>();
    for (const { name: value, key, value: row } of node.entries) {
      if (value === '' || value.length > longestValue)
        report(
          'bad-value',
          key,
          `"${shorten(value)}" cannot be a value: it has 1 to ${longestValue} characters.`,
        );
      else read.set(value, { key, value: cells.read(row, report) });
    }
    return read;
  },
};

const shape = object('a table', {
  table: required(name(), "The table's name, which is also its file's"),
  summary: required(text(), 'What it is for, in one line'),
  default: optional(text(), 'The value where a parameter names none'),
  values: required(rows, 'Value → column → a text or a list of texts; all values have the same columns'),
});

export const tableSchema: JsonSchema = shape.schema;

export function readTable(node: YamlNode, of: FileName, report: Report): Table | undefined {
  const read = shape.read(node, report);
  if (read === undefined) return undefined;
  const { table, default: chosen, values = new Map<string, Named<Row>>() } = read.fields;
  checkName(table, of.name, report);
  checkColumns(values, report);
  if (chosen !== undefined && !values.has(chosen.value))
    report('bad-value', chosen, `"${shorten(chosen.value)}" is not one of the values.`, () =>
      suggestOrList(chosen.value, values.keys(), 'values'),
    );
  return {
    name: of.name,
    ...(chosen === undefined ? {} : { default: chosen }),
    rows: new Map([...values].map(([value, { value: row }]) => [value, readRow(row, report)])),
  };
}

function readRow(row: Row | undefined, report: Report): Map<string, Located<ParameterValue>> {
  const found = new Map<string, Located<ParameterValue>>();
  for (const [column, { value: node }] of row ?? []) {
    const value = node && (node.kind === 'list' ? list(text()) : text()).read(node, report);
    if (value !== undefined) found.set(column, value);
  }
  return found;
}

/** A column that one value lacks would be found by whoever chooses it. */
function checkColumns(values: ReadonlyMap<string, Named<Row>>, report: Report): void {
  const columns = new Set([...values.values()].flatMap(({ value }) => [...(value?.keys() ?? [])]));
  for (const [value, { key, value: row }] of values)
    for (const column of columns)
      if (row !== undefined && !row.has(column))
        report(
          'missing-key',
          key,
          `"${shorten(value)}" needs the column "${column}", as other values have it.`,
        );
}

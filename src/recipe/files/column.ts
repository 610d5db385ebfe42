import type { Place } from '../../base/index.ts';
import type { ParameterValue } from '../../step/protocol.ts';
import type { Report } from '../../yaml/faults.ts';
import type { Located } from '../../yaml/located.ts';
import { suggestOrList } from '../../yaml/suggest.ts';
import type { Resolved } from './resolved.ts';
import type { Table } from './table-file.ts';

/**
 * What a table says of the value that was chosen.
 * @param chosen undefined when it is faulty or was not given, which is reported elsewhere
 */
export function columnOf(
  table: Table,
  chosen: Located<ParameterValue> | undefined,
  column: string,
  place: Place,
  report: Report,
): Resolved | undefined {
  const columns = new Set([...table.rows.values()].flatMap((row) => [...row.keys()]));
  if (!columns.has(column)) {
    report('unknown-reference', place, `The table ${table.name} has no column "${column}".`, () =>
      suggestOrList(column, columns, 'columns'),
    );
    return undefined;
  }
  const value = table.rows.get(String(chosen?.value))?.get(column);
  return value && { kind: 'value', type: Array.isArray(value.value) ? 'list' : 'string', value };
}

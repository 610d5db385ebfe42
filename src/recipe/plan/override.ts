import type { ParameterValue } from '../../step/protocol.ts';
import type { Report } from '../../yaml/faults.ts';
import type { Located } from '../../yaml/located.ts';
import { valueOfNode, valueOfText, type ValueType } from '../files/parameter/value.ts';
import { isWithin } from '../files/parameter/bounds.ts';
import type { Override } from './planning.ts';
import { parseYaml } from '../../yaml/parse.ts';
import { locate } from '../../yaml/shape.ts';

/** The value a parameter's type makes of what was set on the command line: one text, or for a list "[a, b]" or one text an item. */
export function valueOfOverride(
  { key, values }: Override,
  of: ValueType,
  report: Report,
): Located<ParameterValue> | undefined {
  const [first, second] = values;
  if (first === undefined) return undefined;
  if (of.type !== 'list') {
    if (second === undefined) return valueOfText(first, of, report);
    report('bad-value', second, 'Only a list can be given more than once.');
    return undefined;
  }
  if (second === undefined && /^\s*\[/.test(first.value)) {
    // Places within the text would have to be moved; the whole of it is near enough.
    const here: Report = (code, _place, message, hint) => report(code, first, message, hint);
    const node = parseYaml(first.value, first.file, here);
    const list = node && valueOfNode(node, of, here);
    return list && locate(list.value, first);
  }
  const list = locate(
    values.map(({ value }) => value),
    key,
    values.map(({ file, span }) => ({ file, span })),
  );
  return isWithin(list, of, report) ? list : undefined;
}

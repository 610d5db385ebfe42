import type { ParameterValue } from '../step/protocol.ts';
import type { Report } from './faults.ts';
import type { Located } from './model.ts';
import { isWithin } from './parameter-bounds.ts';
import { valueOfNode, valueOfText, type ValueType } from './parameter-value.ts';
import type { Setting } from './planning.ts';
import { parseYaml } from './parse-yaml.ts';
import { locate } from './shape.ts';

/** The value a parameter's type makes of what was set on the command line: one text, or for a list "[a, b]" or one text an item. */
export function valueOfSetting(
  { key, values }: Setting,
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

import type { Place } from '../../../base/index.ts';
import type { Located } from '../../../yaml/located.ts';
import type { Report } from '../../../yaml/faults.ts';
import type { YamlNode } from '../../../yaml/node.ts';
import type { Bounds, Limit } from './bounds.ts';
import { valueOfNode, writtenValue, type ParameterType } from './value.ts';

/** As they stand in the file. */
interface WrittenBounds {
  readonly minimum: YamlNode | undefined;
  readonly maximum: YamlNode | undefined;
  readonly pattern: Located<string> | undefined;
}

/** The bounds that a parameter of that type can have; others are reported. */
export function declareBounds(
  name: string,
  type: ParameterType,
  { minimum, maximum, pattern }: WrittenBounds,
  report: Report,
): Bounds {
  const isNumber = type === 'integer' || type === 'size';
  for (const [key, node] of Object.entries({ minimum, maximum })) {
    if (node !== undefined && !isNumber)
      report(
        'unknown-key',
        node.place,
        `Only an integer or a size has a ${key}, and "${name}" is of type ${type}.`,
      );
  }
  if (pattern !== undefined && type !== 'string' && type !== 'list')
    report(
      'unknown-key',
      pattern,
      `Only a string or a list has a pattern, and "${name}" is of type ${type}.`,
    );
  const limits = {
    minimum: isNumber && minimum !== undefined ? limitOf(minimum, type, report) : undefined,
    maximum: isNumber && maximum !== undefined ? limitOf(maximum, type, report) : undefined,
  };
  if (
    limits.minimum !== undefined &&
    limits.maximum !== undefined &&
    limits.minimum.value > limits.maximum.value
  )
    report('bad-value', minimum?.place as Place, 'The minimum is more than the maximum.');
  return {
    ...(limits.minimum !== undefined && { minimum: limits.minimum }),
    ...(limits.maximum !== undefined && { maximum: limits.maximum }),
    ...(pattern !== undefined && isPattern(pattern, report) && { pattern: pattern.value }),
  };
}

function limitOf(node: YamlNode, type: 'integer' | 'size', report: Report): Limit | undefined {
  const value = valueOfNode(node, { type }, report);
  return typeof value?.value === 'number'
    ? { value: value.value, text: String(writtenValue(node)) }
    : undefined;
}

function isPattern(pattern: Located<string>, report: Report): boolean {
  try {
    // By itself, so that an error shows what was written.
    new RegExp(pattern.value, 'u');
    return true;
  } catch (error) {
    report('bad-value', pattern, `This is not a regular expression: ${(error as Error).message}.`);
    return false;
  }
}

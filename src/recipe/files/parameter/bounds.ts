import type { Place } from '../../../base/index.ts';
import type { ParameterValue } from '../../../step/protocol.ts';
import type { Report } from '../../../yaml/faults.ts';
import type { Located } from '../../../yaml/located.ts';
import { shorten } from '../../../yaml/shape.ts';

/** A limit of a number, as it was written too: 1M. */
export interface Limit {
  readonly value: number;
  readonly text: string;
}

/** What a value has to keep to, beside its type. */
export interface Bounds {
  /** Of an integer or a size; the limit itself is allowed. */
  readonly minimum?: Limit;
  readonly maximum?: Limit;
  /** A regular expression that the whole of a text, or of each item of a list, has to match. */
  readonly pattern?: string;
}

/** Who writes `a,b` or `a b` meant two items. */
const listRule =
  'A list is written [FIRST, SECOND]; on the command line also by giving --set once for each item.';

/** Tells whether a value keeps to its bounds; reports it where it does not. */
export function isWithin(value: Located<ParameterValue>, bounds: Bounds, report: Report): boolean {
  if (typeof value.value === 'number') return isInRange(value.value, value, bounds, report);
  if (bounds.pattern === undefined || typeof value.value === 'boolean') return true;
  const texts = typeof value.value === 'string' ? [value.value] : value.value;
  const pattern = wholePattern(bounds.pattern);
  const wrong = texts.flatMap((text, index) =>
    pattern.test(text) ? [] : [{ place: value.items?.[index] ?? value, text }],
  );
  const isList = typeof value.value !== 'string';
  for (const { place, text } of wrong)
    report(
      'bad-value',
      place,
      `The value does not match the pattern "${bounds.pattern}".`,
      isList && /[\s,]/.test(text) ? listRule : undefined,
    );
  return wrong.length === 0;
}

function isInRange(number: number, place: Place, { minimum, maximum }: Bounds, report: Report): boolean {
  const told = shorten(String(number));
  if (minimum !== undefined && number < minimum.value)
    report('bad-value', place, `${told} is less than the minimum, ${minimum.text}.`);
  else if (maximum !== undefined && number > maximum.value)
    report('bad-value', place, `${told} is more than the maximum, ${maximum.text}.`);
  else return true;
  return false;
}

/** @throws SyntaxError when it is not a regular expression */
export function wholePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u');
}

import { FormatError } from '../../base/index.ts';
import { child, type XmlElement } from '../xml/index.ts';

/** What offsets in a table of contents count from, and end at. */
export interface Heap {
  /** In the file. */
  readonly start: number;
  readonly fileSize: number;
  /** Of the table of contents, for errors. */
  readonly tocAt: number;
}

/** Its offset counts from the heap; its bytes have to lie in the file. */
export function range(
  element: XmlElement,
  heap: Heap,
  lengthName = 'size',
): { offset: number; length: number } {
  const offset = heap.start + number(element, 'offset', heap.tocAt);
  const length = number(element, lengthName, heap.tocAt);
  if (offset + length <= heap.fileSize) return { offset, length };
  throw new FormatError(
    'xar',
    `<${element.name}> lies from ${offset} to ${offset + length} and the file ends at ${heap.fileSize}; it is truncated or damaged`,
    { offset: Math.min(offset, heap.fileSize) },
  );
}

export function number(element: XmlElement, name: string, at: number): number {
  const text = child(element, name)?.text.trim() ?? '';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new FormatError('xar', `<${name}> of <${element.name}> is "${printable(text)}", not a number`, {
    offset: at,
  });
}

/** Text from outside, fit for a line of an error message. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?').slice(0, 80);
}

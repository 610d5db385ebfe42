import type { Change } from '../difference/index.ts';
import { printable } from '../text/printable.ts';

const signs = { added: '+', removed: '-', changed: '~' } as const;

/** What differs at a path, and below it what differs inside. */
export function changeLines(
  { path, change, kind, fields = [], lines = [], where, inside = [] }: Change,
  indent: string,
): string[] {
  const told = fields.map(({ field, from, to }) =>
    field === 'data' && from === to ? `data differ, ${to}` : `${field} ${from} → ${to}`,
  );
  const what = change === 'changed' ? told.join(', ') : kind;
  const below = `${indent}    `;
  return [
    `${indent}${signs[change]} ${printable(path)}: ${printable(what)}`,
    ...(where === undefined
      ? []
      : [`${below}first at byte ${where.at}${where.trail.map((part) => `, ${printable(part)}`).join('')}`]),
    ...lines.map((line) => `${below}${printable(shortened(line))}`),
    ...inside.flatMap((each) => changeLines(each, below)),
  ];
}

/** Longest line of a text that is shown, in characters. */
const longestLine = 160;

function shortened(line: string): string {
  return line.length <= longestLine ? line : `${line.slice(0, longestLine)}…`;
}

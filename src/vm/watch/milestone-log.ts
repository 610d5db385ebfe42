import type { Reached } from './milestones.ts';

/**
 * The text log of a boot that proved itself. It holds no times and no host paths, so that the same boot gives the
 * same bytes.
 * @param ran what ran, by name and digest
 */
export function milestoneLog(
  title: string,
  ran: readonly { readonly name: string; readonly digest: string }[],
  reached: readonly Reached[],
  ending: string,
): string {
  const nameWidth = Math.max(...ran.map(({ name }) => name.length));
  const milestoneWidth = Math.max(...reached.map(({ milestone }) => milestone.length));
  const lines = [
    title,
    '',
    ...ran.map(({ name, digest }) => `${name.padEnd(nameWidth)}  sha256 ${digest}`),
    '',
    ...reached.map(({ milestone, where, seen }, index) =>
      [String(index + 1).padStart(2), milestone.padEnd(milestoneWidth), where.padEnd(7), seen.trimEnd()].join(
        '  ',
      ),
    ),
    '',
    ending,
  ];
  return `${lines.join('\n')}\n`;
}

import { toolPurpose, type Check } from '../../host/index.ts';
import type { Colours } from '../../text/colours.ts';
import { printable } from '../../text/printable.ts';
import { padTo, wrap } from '../../text/text-width.ts';

const columns = 80;
/** Of a state's word and the blanks beside it. */
const stateColumn = 11;
const nameColumn = 17;

const titles = { building: 'To build', booting: 'To boot guests', sharing: 'To share' } as const;

/** What was found, by what needs it; what mends it below each. Within 80 columns where no single word is longer. */
export function checkLines(checks: readonly Check[], colours: Colours): string {
  const kinds = Object.keys(titles) as (keyof typeof titles)[];
  const parts = kinds.flatMap((kind) => {
    const own = checks.filter((check) => (check.needed ?? 'building') === kind);
    if (own.length === 0) return [];
    return [[colours.bold(titles[kind]), ...linesOf(own, colours)].join('\n')];
  });
  return parts.join('\n\n');
}

/** Programs that are there are one line: nobody has to read where each of them lies. */
function linesOf(checks: readonly Check[], colours: Colours): string[] {
  const there = checks.filter(({ name, state }) => state === 'ok' && toolPurpose(name) !== undefined);
  const programs: Check = {
    name: 'programs',
    state: 'ok',
    finding: there.map(({ name }) => name).join(', '),
  };
  const others = checks.filter((check) => !there.includes(check));
  return [...(there.length > 0 ? [programs] : []), ...others].flatMap((check) => oneCheck(check, colours));
}

function oneCheck({ name, state, finding, mend }: Check, colours: Colours): string[] {
  const mark = {
    ok: colours.green('ok     '),
    warning: colours.yellow('warning'),
    fault: colours.red('FAULT  '),
  }[state];
  const title = padTo(printable(name), nameColumn);
  const indent = ' '.repeat(stateColumn + nameColumn);
  const lines = wrap(printable(finding), columns - indent.length);
  const long = title.length > nameColumn;
  const mends = mend === undefined ? [] : wrap(printable(mend), columns - indent.length - 2);
  return [
    `  ${mark}  ${title}${long ? '' : (lines[0] ?? '')}`.trimEnd(),
    ...(long ? lines : lines.slice(1)).map((line) => indent + line),
    ...mends.map((line, index) => `${indent}${index === 0 ? '→' : ' '} ${line}`),
  ];
}

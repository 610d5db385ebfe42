/** What a peer took, as a multiple of what cidermill took for the same. */
export interface Ratio {
  readonly peer: string;
  readonly ratio: number;
}

/** Peers of one measurement. */
export interface Measured {
  readonly title: string;
  readonly ratios: readonly Ratio[];
}

/** No peers: what a process costs at the least, and a part of what cidermill does. */
const notPeers = /^(cidermill|node -e|rm of)/;

/** The measurements of bench/README.md that name peers beside cidermill, each peer against cidermill. */
export function measuredRatios(page: string): Measured[] {
  return page
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const heading = /^[^(\n]*/.exec(section)?.[0].trim() ?? '';
      return tablesOf(section).flatMap((rows) => fromTable(heading, rows));
    });
}

function fromTable(heading: string, [head = [], ...rows]: readonly (readonly string[])[]): Measured[] {
  if (!/multiple of|^times /.test(head.at(-1) ?? '')) return [];
  const grouped = head.includes('program') && head[0] !== 'program';
  const groups = new Map<string, (readonly string[])[]>();
  for (const row of rows) {
    const title = grouped ? `${heading}: ${row[0] ?? ''}` : heading;
    groups.set(title, [...(groups.get(title) ?? []), row]);
  }
  return [...groups].flatMap(([title, of]) => {
    const named = of.map((row) => ({ name: row[grouped ? 1 : 0] ?? '', ratio: Number(row.at(-1)) }));
    const own = named.find(({ name }) => name.startsWith('cidermill'))?.ratio;
    if (own === undefined || own === 0) return [];
    const ratios = named
      .filter(({ name }) => !notPeers.test(name))
      .map(({ name, ratio }) => ({ peer: name, ratio: ratio / own }));
    return ratios.length === 0 ? [] : [{ title, ratios }];
  });
}

/** The cells of each table of a section, heads first. */
function tablesOf(section: string): string[][][] {
  return section
    .split('\n\n')
    .filter((block) => block.startsWith('|'))
    .map((block) =>
      block
        .trim()
        .split('\n')
        .filter((line) => !/^\| -/.test(line))
        .map((line) =>
          line
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim()),
        ),
    );
}

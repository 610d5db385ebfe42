import { commandsOf, commandTable, groups, type Group } from '../src/cli/help/command-table.ts';

/** README's table: every command, in the groups of `cidermill --help`, with the commands below it. */
export async function commandsTable(): Promise<string> {
  const parts = await Promise.all(
    (Object.keys(groups) as Group[]).map(async (group) => {
      const rows = await Promise.all(commandsOf(group).map(row));
      return [`| **${groups[group]}** | |`, ...rows].join('\n');
    }),
  );
  return ['| command | does |', '| --- | --- |', ...parts].join('\n');
}

async function row(name: string): Promise<string> {
  const entry = commandTable[name];
  const below = (await entry?.load())?.commands.map((each) => each.name()) ?? [];
  const shown = [name, below.join('\\|')].filter((word) => word !== '').join(' ');
  return `| \`${shown}\` | ${entry?.summary ?? ''} |`;
}

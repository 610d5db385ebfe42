import { Command, type Help } from 'commander';
import { Failure } from '../../base/index.ts';
import { wrap } from '../../text/text-width.ts';
import { commandsOf, commandTable, groups, mostUsed, type Group } from './command-table.ts';

/** Lists of commands hold in as many columns. */
const columns = 80;
/** Of a command's name in a list. */
const nameColumn = 18;

const examples = `Examples:
  cidermill init demo            a project of your own
  cidermill run quickstart       build everything, prove it by booting it
  cidermill plan quickstart      what would run, and why
  cidermill iso make InstallESD.dmg -o yosemite.iso`;

/** Variables of the environment, and what they say. */
export const environment: readonly (readonly [name: string, means: string])[] = [
  ['CIDERMILL_STORE', 'the store (else artifacts/.store, else ~/.cache/cidermill)'],
  ['CIDERMILL_CACHE', "a team's cache: what others made is not made again"],
  ['CIDERMILL_OSK', 'where your key is: env:NAME, file:PATH or smc'],
  ['NO_COLOR', 'no colour'],
];

export const exitStatus: readonly (readonly [code: string, means: string])[] = [
  ['0', 'done'],
  ['1', 'it was tried and failed: a step, a damaged input, a server'],
  ['2', 'not tried: a wrong option, name, file, recipe or lockfile'],
  ['130', 'interrupted'],
];

/** The help of all: what is used most, then every command's name under what people do. */
export function mainHelp(program: Command): string {
  const helper = Object.assign(program.createHelp(), { helpWidth: columns });
  const options = helper
    .visibleOptions(program)
    .map((option) => item(helper, helper.optionTerm(option), helper.optionDescription(option), 25));
  const used = mostUsed.map((name) => item(helper, name, commandTable[name]?.summary ?? ''));
  const all = Object.keys(groups).flatMap((group) => groupLines(group as Group));
  return `Usage: cidermill [options] <command> …

${program.description()}

Most used:
${used.join('\n')}

All commands (\`cidermill help ${Object.keys(groups).join('|')}\` explains a line):
${all.join('\n')}

Options:
${options.join('\n')}

${examples}

Environment:
${environment.map(([name, means]) => `  ${name.padEnd(16)}  ${means}`).join('\n')}

Exit codes:
${exitStatus.map(([code, means]) => `  ${code.padEnd(16)}  ${means}`).join('\n')}
`;
}

/** A group on one screen: its commands with their summaries, and the commands below each. */
export async function groupHelp(group: Group): Promise<string> {
  const helper = Object.assign(new Command().createHelp(), { helpWidth: columns });
  const lines = await Promise.all(
    commandsOf(group).map(async (name) => {
      const { summary, load } = commandTable[name] ?? unknownWord(name);
      const below = (await load()).commands.map((each) => each.name());
      const more = below.length === 0 ? [] : [item(helper, '', below.join(', '))];
      return [item(helper, name, summary), ...more].join('\n');
    }),
  );
  return `${groups[group]}:\n${lines.join('\n')}\n\n\`cidermill COMMAND --help\` explains one, with examples.\n`;
}

/** \`cidermill help\`: of everything, of a group, or of a command. */
export function helpCommand(program: Command): Command {
  return new Command('help')
    .description('Show the help of a group of commands, or of a command.')
    .argument('[words...]', `a group (${Object.keys(groups).join(', ')}) or a command`)
    .action(async ([first, ...rest]: readonly string[]) => {
      if (first === undefined) console.log(mainHelp(program));
      else if (isGroup(first)) console.log((await groupHelp(first)).trimEnd());
      else (await commandNamed(program, [first, ...rest])).outputHelp();
    });
}

/** Paragraphs of help as they are read in 80 columns. Indented lines are lists and commands: they stay as they are. */
export function wrapHelp(text: string): string {
  const isProse = (line: string | undefined): boolean => line !== undefined && /^\S/.test(line);
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (isProse(line) && isProse(lines.at(-1))) lines.push(`${lines.pop() ?? ''} ${line}`);
    else lines.push(line);
  }
  return lines.flatMap((line) => (isProse(line) ? wrap(line, columns) : [line])).join('\n');
}

function isGroup(word: string): word is Group {
  return Object.hasOwn(groups, word);
}

async function commandNamed(program: Command, [first = '', ...rest]: readonly string[]): Promise<Command> {
  const entry = Object.hasOwn(commandTable, first) ? commandTable[first] : undefined;
  let command = await (entry ?? unknownWord(first)).load();
  command.parent = program;
  for (const word of rest)
    command = command.commands.find((each) => each.name() === word) ?? unknownWord(word);
  return command;
}

/** @throws Failure 'usage' */
function unknownWord(word: string): never {
  throw new Failure('usage', `there is no command or group of commands "${word}"`, {
    hint: '`cidermill --help` lists all.',
  });
}

function groupLines(group: Group): string[] {
  const indent = 10;
  const [first = '', ...rest] = wrap(commandsOf(group).join(', '), columns - indent);
  return [`  ${group.padEnd(indent - 2)}${first}`, ...rest.map((line) => ' '.repeat(indent) + line)];
}

function item(helper: Help, term: string, text: string, width: number = nameColumn): string {
  return helper.formatItem(term, width, text, helper);
}

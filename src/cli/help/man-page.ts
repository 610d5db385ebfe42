import { Help, type Command } from 'commander';
import { version } from '../../host/index.ts';
import { commandsOf, commandTable, groups, type Group } from './command-table.ts';
import { environment, exitStatus } from './help.ts';
import { paragraph, plain, section, subsection, term, verbatim } from './roff.ts';

/** cidermill(1), made of what every command's --help says. */
export async function manPage(): Promise<string> {
  const parts = await Promise.all((Object.keys(groups) as Group[]).map(groupPart));
  return `${[
    `.TH CIDERMILL 1 "${today()}" "cidermill ${plain(version())}" "User Commands"`,
    section('NAME'),
    plain('cidermill - build-and-image pipelines for OS X guests on QEMU/KVM'),
    section('SYNOPSIS'),
    '.B cidermill\n.RI [ options ] " command " ...',
    section('DESCRIPTION'),
    plain(
      'Recipes say what an artifact is made from, scripts say how, and pipelines join them. What is in the store is not made again. The commands are listed by what people do.',
    ),
    ...parts.flat(),
    section('ENVIRONMENT'),
    ...environment.map(([name, what]) => term(name, what)),
    section('EXIT STATUS'),
    ...exitStatus.map(([code, what]) => term(code, what)),
  ].join('\n')}\n`;
}

/** As reproducible builds give it, else by the clock. */
function today(): string {
  const given = process.env['SOURCE_DATE_EPOCH'];
  const time = given === undefined ? Date.now() : Number(given) * 1000;
  return new Date(time).toISOString().slice(0, 10);
}

async function groupPart(group: Group): Promise<string[]> {
  const commands = await Promise.all(
    commandsOf(group).map(async (name) => {
      const command = await commandTable[name]?.load();
      return command === undefined ? [] : commandParts(command, ['cidermill']);
    }),
  );
  return [section(groups[group].toUpperCase()), ...commands.flat()];
}

function commandParts(command: Command, above: readonly string[]): string[] {
  const help = new Help();
  const words = [...above, command.name()];
  const below = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  return [
    subsection([...words, below.length > 0 ? '<command>' : command.usage()].join(' ').trim()),
    plain(command.description()),
    ...help
      .visibleArguments(command)
      .map((each) => term(help.argumentTerm(each), help.argumentDescription(each))),
    ...help
      .visibleOptions(command)
      .filter((each) => each.long !== '--help')
      .map((each) => term(help.optionTerm(each), help.optionDescription(each))),
    ...textAfter(command),
    ...below.flatMap((each) => commandParts(each, words)),
  ];
}

/** What stands below a command's options in its help: prose, and lists as they are. */
function textAfter(command: Command): string[] {
  let text = '';
  command.configureOutput({ writeOut: (more) => void (text += more) });
  command.outputHelp();
  const blocks = text
    .slice(command.helpInformation().length)
    .trim()
    .split(/\n\n+/)
    .filter((block) => block.trim() !== '');
  return blocks.flatMap((block) => {
    const lines = block.split('\n');
    const listed = lines.findIndex((line) => line.startsWith(' '));
    if (listed < 0) return [paragraph(lines.join(' '))];
    return [
      ...(listed > 0 ? [paragraph(lines.slice(0, listed).join(' '))] : []),
      verbatim(lines.slice(listed).map((line) => line.replace(/^ {2}/, ''))),
    ];
  });
}

import type { Argument, Command, Option } from 'commander';
import { InvalidError } from '../../base/index.ts';
import { describeNamed, listPipelines, listRecipes, loadGuests, type Project } from '../../recipe/index.ts';
import { commandTable, groups } from '../help/command-table.ts';

/** How a word may go on; one that ends in "=" is not yet whole. */
type Candidates = readonly string[];

/** Options that every command has, and that take a word. */
const valued = ['-C', '--directory', '--store'];

/**
 * How the last of the words of a command line may go on. Where a file is meant there is nothing: a shell completes
 * those by itself.
 * @param words after "cidermill", as far as the cursor; the last one may be empty
 * @param project made when names of it are asked for
 */
export async function candidates(words: readonly string[], project: () => Project): Promise<Candidates> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const start = before.findIndex(
    (word, index) => !word.startsWith('-') && !valued.includes(before[index - 1] ?? ''),
  );
  if (valued.includes(before.at(-1) ?? '')) return [];
  const fitting = (all: Candidates): Candidates => all.filter((each) => each.startsWith(current));
  const first = before[start];
  if (start < 0 || first === undefined)
    return fitting([
      ...Object.keys(commandTable),
      'help',
      ...(current.startsWith('-') ? ['--directory', '--store', '--help', '--version'] : []),
    ]);
  if (first === 'help') return fitting([...Object.keys(groups), ...Object.keys(commandTable)]);
  const entry = Object.hasOwn(commandTable, first) ? commandTable[first] : undefined;
  if (entry === undefined) return [];
  const { command, rest } = below(await entry.load(), before.slice(start + 1));
  if (rest.includes('--')) return [];
  if (command.commands.length > 0 && rest.length === 0 && !current.startsWith('-'))
    return fitting(command.commands.map((each) => each.name()));
  const previous = optionOf(command, rest.at(-1) ?? '');
  const { operands } = partOperands(command, rest);
  if (previous !== undefined && takesValue(previous))
    return fitting(optionValues(previous, current, operands, project));
  if (current.startsWith('-')) return fitting(optionsOf(command));
  return fitting(operandValues(command.registeredArguments, operands, project));
}

/** The command that words name, through those below it, and what is left of the words. */
function below(
  command: Command,
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  const next = command.commands.find((each) => each.name() === words[0]);
  return next === undefined ? { command, rest: words } : below(next, words.slice(1));
}

function partOperands(command: Command, words: readonly string[]): { readonly operands: readonly string[] } {
  const operands = words.filter((word, index) => {
    if (word.startsWith('-')) return false;
    const option = optionOf(command, words[index - 1] ?? '');
    return option === undefined || !takesValue(option);
  });
  return { operands };
}

function optionOf(command: Command, word: string): Option | undefined {
  return command.options.find((option) => option.long === word || option.short === word);
}

const takesValue = (option: Option): boolean => option.required;

function optionsOf(command: Command): string[] {
  return [...command.options.flatMap((option) => option.long ?? []), '--help'];
}

function optionValues(
  option: Option,
  current: string,
  operands: readonly string[],
  project: () => Project,
): Candidates {
  if (option.argChoices !== undefined) return option.argChoices;
  const [name] = operands;
  switch (option.long) {
    case '--set':
      return known(() => settings(project(), name, current));
    case '--source':
      return known(() => describeNamed(project(), name ?? '').sources.map((source) => `${source.name}=`));
    case '--rebuild':
      return known(() => stepsOf(project(), name));
    case '--guest':
      return known(() => loadGuests(project()).map(({ guest }) => guest));
    default:
      return [];
  }
}

/** NAME= of every parameter; behind it the values of a choice. */
function settings(project: Project, name = '', current: string): Candidates {
  const { parameters, inputs } = describeNamed(project, name);
  const chosen = parameters.find((parameter) => current.startsWith(`${parameter.name}=`));
  const values = chosen?.type === 'boolean' ? ['true', 'false'] : chosen?.values;
  if (chosen !== undefined) return (values ?? []).map((value) => `${chosen.name}=${value}`);
  return [...parameters, ...inputs].map((each) => `${each.name}=`);
}

function operandValues(
  declared: readonly Argument[],
  operands: readonly string[],
  project: () => Project,
): Candidates {
  const last = declared.at(-1);
  const argument = declared[operands.length] ?? (last?.variadic === true ? last : undefined);
  switch (argument?.name()) {
    case 'name':
    case 'pipeline':
      return known(() => [...listPipelines(project()), ...listRecipes(project())].map(({ name }) => name));
    case 'step':
      return known(() => stepsOf(project(), operands[0]));
    case 'guest':
      return known(() => loadGuests(project()).map(({ guest }) => guest));
    default:
      return argument?.argChoices ?? [];
  }
}

function stepsOf(project: Project, name = ''): Candidates {
  const { kind, steps } = describeNamed(project, name);
  return kind === 'recipe' ? [name] : steps.map((step) => step.name);
}

/** Names that a fault in a file hides are not offered. */
function known(names: () => Candidates): Candidates {
  try {
    return names();
  } catch (error) {
    if (error instanceof InvalidError) return [];
    throw error;
  }
}

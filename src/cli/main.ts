import { Command } from 'commander';
import { asksHelp, commandTable } from './help/command-table.ts';
import { reportError } from './exit.ts';
import { ciSystem } from './reporters/ci/system.ts';
import { version } from '../host/index.ts';

const first = firstWord(process.argv.slice(2)) ?? '';
const asked = Object.hasOwn(commandTable, first) ? commandTable[first] : undefined;

// What tells of commands is loaded where it may be shown.
const help = asked === undefined || asksHelp() ? await loadHelp() : undefined;

const program = new Command('cidermill')
  .description('Build-and-image pipelines for OS X guests on upstream QEMU/KVM.')
  .version(version())
  .option(
    '-C, --directory <folder>',
    'the project (else the nearest folder with recipes/, pipelines/ or cidermill.yaml)',
  )
  // `reportError` shows errors: commander's in the same form as all others.
  .configureOutput({
    outputError: () => undefined,
    writeOut: (text) => void process.stdout.write(help?.wrapHelp(text) ?? text),
  })
  .option('--store <folder>', 'the store, in place of CIDERMILL_STORE')
  .helpCommand(false)
  .exitOverride();

if (help !== undefined) program.helpInformation = () => help.mainHelp(program);
if (asked !== undefined) program.addCommand(await asked.load());
else {
  const { hiddenCommands } = await import('./completion/hidden.ts');
  const hidden = Object.hasOwn(hiddenCommands, first) ? await hiddenCommands[first]?.() : undefined;
  if (hidden !== undefined) program.addCommand(hidden);
  // Their names are enough to say which of them was meant.
  for (const name of Object.keys(commandTable)) program.command(name);
  if (help !== undefined) program.addCommand(help.helpCommand(program));
}
inherit(program);

async function loadHelp() {
  const { helpCommand, mainHelp, wrapHelp } = await import('./help/help.ts');
  return { helpCommand, mainHelp, wrapHelp };
}

/** What stands where a command does. */
function firstWord(args: readonly string[]): string | undefined {
  const valued = ['-C', '--directory', '--store'];
  return args.find((each, index) => !each.startsWith('-') && !valued.includes(args[index - 1] ?? ''));
}

/** Commands that are made on their own do not take over how errors are shown. */
function inherit(parent: Command): void {
  for (const command of parent.commands) inherit(command.copyInheritedSettings(parent));
}

/** The words of a command as far as they are known: "cidermill dmg info". */
function commandWords(args: readonly string[]): string {
  const words = [program.name()];
  let command: Command | undefined = program;
  for (const word of args) {
    command = command.commands.find((each) => each.name() === word);
    if (command === undefined) break;
    words.push(word);
  }
  return words.join(' ');
}

/** Arguments that name a file of bytes, which a FormatError is about. */
const inputArguments = new Set(['image', 'place', 'package', 'installer', 'dmg']);
let input: string | undefined;
program.hook('preAction', (_, command) => {
  const index = command.registeredArguments.findIndex((each) => inputArguments.has(each.name()));
  input = index < 0 ? undefined : command.args[index];
});

// A reader that has seen enough (`cidermill log … | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  const args = process.argv.slice(2);
  const system = ciSystem(process.env);
  const { directory } = program.opts<{ directory?: string }>();
  const annotations = system && (await import('./reporters/ci/annotate.ts')).annotator(system, directory);
  process.exitCode = reportError(error, {
    json: args.includes('--json'),
    command: commandWords(args.slice(args.indexOf(first))),
    input,
    annotations,
  });
}

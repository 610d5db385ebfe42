import { Option, type Command } from 'commander';

/** `--json` alone prints on standard output; `--json=FILE` writes a file, and people read what they read without it. */
export type JsonFlag = string | undefined;

/** Is the output for programs asked for on standard output? */
export function jsonOnOutput(flag: JsonFlag): boolean {
  return flag === '';
}

/** Adds the option. A word after `--json` is an argument of the command, not the file. */
export function addJsonOption(command: Command): Command {
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (args) => parse(args.map((each) => (each === '--json' ? '--json=' : each)));
  return command.addOption(
    new Option(
      '--json [=file]',
      'print one JSON event a line on standard output; with =FILE write them there beside the log (docs/events.md)',
    ),
  );
}

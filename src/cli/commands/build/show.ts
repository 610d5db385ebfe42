import { Command } from 'commander';
import { describeNamed } from '../../../recipe/index.ts';
import { makeColours, wantsColour } from '../../../text/colours.ts';
import { describedLines } from '../../show/described-lines.ts';
import { openProject } from '../../workspace.ts';

export function showCommand(): Command {
  const command = new Command('show')
    .description(
      'Show a pipeline or recipe: its parameters with defaults and bounds, inputs, outputs, sources and host tools.',
    )
    .argument('<name>', 'a pipeline or a recipe, of this project or one that comes with cidermill')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  cidermill show quickstart\n  cidermill show seabios --json')
    .action((name: string, flags: { readonly json?: boolean }) => {
      const described = describeNamed(openProject(command), name);
      const colours = makeColours(wantsColour(process.env, process.stdout.isTTY));
      console.log(
        flags.json === true
          ? JSON.stringify(described, null, 2)
          : describedLines(described, colours).join('\n'),
      );
    });
  return command;
}

import { Command } from 'commander';
import { validateProject } from '../../../engine/preconditions/validate.ts';
import { formatCount } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';
import { openProject } from '../../workspace.ts';

export function validateCommand(): Command {
  const command = new Command('validate')
    .description(
      "Check all of this project's recipes, pipelines, settings and its lockfile, and show every fault with its place.",
    )
    .option('--json', 'print JSON: the files; each fault is an event (docs/events.md)')
    .addHelpText(
      'after',
      '\nExamples:\n  cidermill validate\n  cidermill validate --json\n\nExit codes: 0 no fault, 2 a fault',
    )
    .action((flags: { readonly json?: boolean }) => {
      const validated = validateProject(openProject(command));
      if (flags.json === true) {
        console.log(JSON.stringify(validated, null, 2));
        return;
      }
      const { files, unpinned } = validated;
      console.log(formatCount(files.length, 'file'));
      if (unpinned.length > 0)
        console.log(`not pinned: ${unpinned.map(printable).join(', ')} (\`cidermill lock\`)`);
    });
  return command;
}

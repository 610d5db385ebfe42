import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { Failure } from '../../../base/index.ts';
import { printableLines } from '../../../text/printable.ts';
import { inertText } from '../../reporters/ci/inert.ts';
import { ciSystem } from '../../reporters/ci/system.ts';
import { openWorkspace } from '../../workspace.ts';

export function logCommand(): Command {
  const command = new Command('log')
    .description('Print the log of the newest run of a step, also when its result came from the cache.')
    .argument('<pipeline>', 'a pipeline or a recipe')
    .argument('<step>', 'a step of it')
    .option('--path', 'print the path of the log instead')
    .addHelpText('after', '\nExample:\n  cidermill log quickstart qemu | less')
    .action(async (pipeline: string, step: string, flags: { readonly path?: boolean }) => {
      const { findLog } = await import('../../../engine/index.ts');
      const { store, project } = openWorkspace(command);
      const path = findLog(store, project.root, pipeline, step);
      if (path === undefined) {
        throw new Failure(
          'no-log',
          `there is no log of ${step} in ${pipeline}: it has not run in this project`,
          {
            hint: `\`cidermill graph ${pipeline}\` shows its steps.`,
          },
        );
      }
      if (flags.path === true) console.log(path);
      else if (ciSystem(process.env) === undefined) process.stdout.write(readFileSync(path));
      // What a step has printed must not act as a command of the CI.
      else process.stdout.write(inertText(printableLines(readFileSync(path, 'utf8')).join('\n')));
    });
  return command;
}

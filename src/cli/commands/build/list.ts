import { Command } from 'commander';
import { listPipelines, listRecipes, type Listed } from '../../../recipe/index.ts';
import { formatCount } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';
import { openProject } from '../../workspace.ts';

export function listCommand(): Command {
  const command = new Command('list')
    .description('List the pipelines and recipes of this project and those that come with cidermill.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  cidermill list --json')
    .action((flags: { readonly json?: boolean }) => {
      const project = openProject(command);
      const pipelines = listPipelines(project);
      const recipes = listRecipes(project);
      if (flags.json === true) {
        console.log(JSON.stringify({ pipelines, recipes }, null, 2));
        return;
      }
      const width = Math.max(...[...pipelines, ...recipes].map(({ name }) => name.length));
      const all = [...pipelines, ...recipes];
      // Where all are of one kind there is nothing to tell apart.
      const mixed = all.some(({ own }) => own) && all.some(({ own }) => !own);
      const line = ({ name, summary, own, diagnostics }: Listed): string => {
        const faults =
          diagnostics.length === 0
            ? ''
            : `  (${formatCount(diagnostics.length, 'fault')}: \`cidermill plan ${name}\`)`;
        return `${mixed && own ? '*' : ' '} ${printable(name).padEnd(width)}  ${printable(summary)}${faults}`;
      };
      const lines = ['Pipelines', ...pipelines.map(line), '', 'Recipes', ...recipes.map(line)];
      console.log(
        [...lines, ...(mixed ? ['', '* of this project; the others come with cidermill'] : [])].join('\n'),
      );
    });
  return command;
}

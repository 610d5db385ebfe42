import { Command } from 'commander';
import { formatBytes } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';
import { openWorkspace } from '../../workspace.ts';

export function cleanCommand(): Command {
  const command = new Command('clean')
    .description(
      "Remove this project's products from artifacts/, those that nobody has changed. The store stays.",
    )
    .option('--dry-run', 'only say what would be removed')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A product in which a file was changed or added, such as a disk that a guest was
installed onto, stays, and so does all that no run has published. The next run
publishes what was removed again, from the store.

Examples:
  cidermill clean --dry-run
  cidermill clean`,
    )
    .action(async (flags: { readonly dryRun?: boolean; readonly json?: boolean }) => {
      const { cleanProducts } = await import('../../../engine/products/clean.ts');
      const cleaned = await cleanProducts(openWorkspace(command).artifacts, flags.dryRun === true);
      if (flags.json === true) {
        console.log(JSON.stringify(cleaned, null, 2));
        return;
      }
      const { removed, kept, bytes } = cleaned;
      for (const name of removed)
        console.log(`${flags.dryRun === true ? 'would remove' : 'removed'}  ${printable(name)}`);
      for (const name of kept) console.log(`kept  ${printable(name)}: files in it were changed or added`);
      console.log(removed.length === 0 ? 'nothing to remove' : formatBytes(bytes));
    });
  return command;
}

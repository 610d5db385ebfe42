import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { Failure } from '../../../base/index.ts';
import { addPlanOptions, type PlanOptions } from '../../plan-options.ts';
import { checkPlace } from '../../reporters/write-text.ts';
import { openWorkspace } from '../../workspace.ts';

interface Flags extends PlanOptions {
  readonly output?: string;
  readonly sign?: string;
  readonly gate?: boolean;
}

export function provenanceCommand(): Command {
  const command = new Command('provenance')
    .description('Show what an artifact was made from and how: an in-toto statement with SLSA provenance.')
    .argument('<artifact>', 'a file, a product or a folder in it, PIPELINE/STEP, or a SHA-256')
    .option('-o, --output <file>', 'write it to a file instead of standard output')
    .option(
      '--gate',
      "of a product: show its test result instead: the gate it passed, with the gate's milestones (in-toto)",
    )
    .option('--sign <key>', 'sign it with an SSH key; the signature is written to FILE.sig')
    .addHelpText(
      'after',
      `
Examples:
  cidermill provenance quickstart/qemu
  cidermill provenance artifacts/toolchain/cidermill-toolchain.tar.gz
  cidermill provenance toolchain --gate
  cidermill provenance toolchain -o toolchain.json --sign ~/.ssh/id_ed25519`,
    )
    .action(async (artifact: string, flags: Flags) => {
      const { gateStatementOf, provenanceOf } = await import('../../artifact.ts');
      const { signFile } = await import('../../../provenance/index.ts');
      if (flags.sign !== undefined && flags.output === undefined)
        throw new Failure('usage', '--sign needs the file to write: -o FILE');
      if (flags.output !== undefined) checkPlace(flags.output);
      const make = flags.gate === true ? gateStatementOf : provenanceOf;
      const statement = await make(openWorkspace(command, { anyFolder: true }), artifact, flags);
      const text = `${JSON.stringify(statement, null, 2)}\n`;
      if (flags.output === undefined) {
        process.stdout.write(text);
        return;
      }
      await writeFile(flags.output, text);
      const signed = flags.sign === undefined ? '' : `, ${await signFile(flags.output, flags.sign)}`;
      console.log(`${flags.output}${signed}`);
    });
  return addPlanOptions(command);
}

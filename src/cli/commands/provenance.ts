import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { Failure } from '../../base/index.ts';
import { addPlanOptions, type PlanOptions } from '../plan-options.ts';
import { printable } from '../text/printable.ts';
import { openWorkspace } from '../workspace.ts';

interface Flags extends PlanOptions {
  readonly output?: string;
  readonly sign?: string;
  readonly gate?: boolean;
}

export function provenanceCommand(): Command {
  const command = new Command('provenance')
    .description('Show what an artifact was made from and how: an in-toto statement with SLSA provenance.')
    .argument('<artifact>', 'a file, a product or PIPELINE/STEP by name, or a SHA-256')
    .option('-o, --output <file>', 'write it to a file instead of standard output')
    .option(
      '--gate',
      "of a product: that it passed its gate, and the gate's milestones (in-toto test result)",
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
      const { gateStatementOf, provenanceOf } = await import('../artifact.ts');
      const { signFile } = await import('../../provenance/index.ts');
      if (flags.sign !== undefined && flags.output === undefined)
        throw new Failure('usage', '--sign needs the file to write: -o FILE');
      const make = flags.gate === true ? gateStatementOf : provenanceOf;
      const statement = await make(openWorkspace(command), artifact, flags);
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

interface VerifyFlags {
  readonly allowedSigners: string;
  readonly identity: string;
  readonly partial?: boolean;
}

export function verifySignatureCommand(): Command {
  return new Command('verify-signature')
    .description('Check who signed a statement, and that artifacts are those it is about.')
    .argument('<statement>', 'the file that `provenance -o` wrote; its signature is FILE.sig')
    .argument('[artifacts...]', 'files, or folders with all their files')
    .requiredOption(
      '--allowed-signers <file>',
      'the file that says who may sign with which key (ssh-keygen(1), ALLOWED SIGNERS)',
    )
    .requiredOption('--identity <name>', "the signer's name, as in the file of allowed signers")
    .option('--partial', 'some of the files may be missing; those that are there must be unaltered')
    .addHelpText(
      'after',
      `
Example:
  cidermill verify-signature toolchain.json artifacts/toolchain --allowed-signers team.signers --identity ci@example.com

Exit codes: 0 the signature and all files match, 1 one of them does not`,
    )
    .action(async (statement: string, artifacts: readonly string[], flags: VerifyFlags) => {
      const { checkSubjects, readSubjects, verifyFile } = await import('../../provenance/index.ts');
      await verifyFile(statement, flags.allowedSigners, flags.identity);
      const subjects = await readSubjects(statement);
      const signed = `${statement}: signed by ${flags.identity}`;
      if (artifacts.length === 0) {
        console.log(`${signed}; no artifact was given`);
        return;
      }
      const { found, missing } = await checkSubjects(artifacts, subjects, statement);
      if (missing.length > 0 && flags.partial !== true)
        throw new Failure(
          'files-missing',
          `${found} of the ${subjects.length} files of the statement are here; missing: ${some(missing)}`,
          { hint: 'Where that is right, say --partial.' },
        );
      console.log(`${signed}; ${found} of its ${subjects.length} files are here and unaltered`);
    });
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).map(printable).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command } from 'commander';
import { Failure } from '../../../base/index.ts';
import { version } from '../../../host/index.ts';
import type { Subject } from '../../../provenance/index.ts';
import { checkPlace } from '../../reporters/write-text.ts';
import { printable } from '../../../text/printable.ts';

interface Flags {
  readonly allowedSigners: string;
  readonly identity?: readonly string[];
  readonly partial?: boolean;
  readonly rebuilders?: string;
  readonly summary?: string;
  readonly resource?: string;
  readonly sign?: string;
}

/** What was checked, for the summary. */
interface Checked {
  readonly subject: readonly Subject[];
  /** The policy's words beside its signers. */
  readonly policy: { readonly kind: string; readonly [name: string]: string | boolean | readonly string[] };
  readonly statements: readonly string[];
  readonly levels: readonly string[];
  /** Printed where all is right. */
  readonly said: string;
  /** Why the policy was not met. */
  readonly failure?: Failure;
}

export function verifySignatureCommand(): Command {
  return new Command('verify-signature')
    .description('Check who signed a statement, and that the artifacts match it.')
    .argument(
      '<statement>',
      'the file that `provenance -o` wrote; its signature is FILE.sig. With --rebuilders: the artifact',
    )
    .argument(
      '[artifacts...]',
      'files, or folders with all their files. With --rebuilders: the statements of `verify --attest`',
    )
    .requiredOption(
      '--allowed-signers <file>',
      'the file that says who may sign with which key (ssh-keygen(1), ALLOWED SIGNERS)',
    )
    .option(
      '--identity <name>',
      "the signer's name, as in the file of allowed signers (may be given again with --rebuilders)",
      (name: string, before: readonly string[] | undefined) => [...(before ?? []), name],
    )
    .option('--partial', 'some of the files may be missing; those that are there must be unaltered')
    .option(
      '--rebuilders <n-of-m>',
      'ask that N of M rebuilders, by their signed statements, got the same bytes',
    )
    .option('--summary <file>', 'write which policy was met, or not, as a SLSA verification summary')
    .option(
      '--resource <uri>',
      "in the summary: the artifact's address (default: urn:cidermill:product:NAME)",
    )
    .option('--sign <key>', 'sign the summary with an SSH key; the signature is written to FILE.sig')
    .addHelpText(
      'after',
      `
Examples:
  cidermill verify-signature toolchain.json artifacts/toolchain --allowed-signers team.signers --identity ci@example.com
  cidermill verify-signature --rebuilders 2-of-3 artifacts/toolchain a.json b.json c.json --allowed-signers rebuilders

Exit codes: 0 the signature and all files match, 1 one of them does not`,
    )
    .action(async (first: string, others: readonly string[], flags: Flags) => {
      if (flags.sign !== undefined && flags.summary === undefined)
        throw new Failure('usage', '--sign needs the file to write: --summary FILE');
      if (flags.summary !== undefined) checkPlace(flags.summary);
      const checked =
        flags.rebuilders === undefined
          ? await checkSigned(first, others, flags)
          : await checkRebuilders(flags.rebuilders, first, others, flags);
      if (flags.summary !== undefined) await writeSummary(flags.summary, first, checked, flags);
      if (checked.failure !== undefined) throw checked.failure;
      console.log(checked.said);
    });
}

async function checkSigned(statement: string, artifacts: readonly string[], flags: Flags): Promise<Checked> {
  const { checkSubjects, filesAt, readStatement, verifyFile } = await import('../../../provenance/index.ts');
  const [identity, ...more] = flags.identity ?? [];
  if (identity === undefined || more.length > 0)
    throw new Failure('usage', 'one signer has to be named: --identity NAME');
  const policy = { kind: 'signed', identity, partial: flags.partial === true };
  try {
    await verifyFile(statement, flags.allowedSigners, identity);
  } catch (error) {
    // What nobody known has signed says nothing: the summary is about the files that were to be checked.
    const subject = (await Promise.all(artifacts.map(filesAt))).flat();
    if (!(error instanceof Failure) || error.code !== 'bad-signature' || subject.length === 0) throw error;
    return { subject, policy, statements: [statement], levels: [], said: '', failure: error };
  }
  const { subjects, predicateType } = await readStatement(statement);
  const isProvenance = predicateType === 'https://slsa.dev/provenance/v1';
  const checked = {
    subject: subjects,
    policy,
    statements: [statement],
    // Provenance that somebody known has signed, of a builder that is that one's own machine.
    levels: [isProvenance ? 'SLSA_BUILD_LEVEL_1' : 'SLSA_BUILD_LEVEL_UNEVALUATED'],
  };
  const signed = `${statement}: signed by ${identity}`;
  if (artifacts.length === 0) return { ...checked, said: `${signed}; no artifact was given` };
  try {
    const { found, missing } = await checkSubjects(artifacts, subjects, statement);
    if (missing.length > 0 && flags.partial !== true)
      throw new Failure(
        'files-missing',
        `${found} of the ${subjects.length} files of the statement are here; missing: ${some(missing)}`,
        { hint: 'Where that is right, say --partial.' },
      );
    return { ...checked, said: `${signed}; ${found} of its ${subjects.length} files are here and unaltered` };
  } catch (error) {
    if (error instanceof Failure) return { ...checked, said: '', failure: error };
    throw error;
  }
}

async function checkRebuilders(
  asked: string,
  artifact: string,
  statements: readonly string[],
  flags: Flags,
): Promise<Checked> {
  const { askRebuilders, filesAt, parseThreshold } = await import('../../../provenance/index.ts');
  const threshold = parseThreshold(asked);
  const files = await filesAt(artifact);
  const identities = [...new Set(flags.identity ?? [])];
  const { opinions, refused, agreeing } = await askRebuilders(
    files,
    statements,
    flags.allowedSigners,
    identities,
    threshold,
  );
  for (const { identity, verdict, said } of opinions)
    console.log(`${printable(identity)}  ${verdict}${said === undefined ? '' : `: ${printable(said)}`}`);
  for (const { statement, why } of refused)
    console.log(`${printable(statement)}  does not count: ${printable(why)}`);
  const sum = `${agreeing} of ${threshold.of} rebuilders got these bytes of ${artifact}`;
  return {
    subject: files,
    policy: {
      kind: 'rebuilders',
      threshold: asked,
      identities: opinions.map(({ identity }) => identity).sort(),
    },
    statements,
    levels: ['SLSA_BUILD_LEVEL_UNEVALUATED', `CIDERMILL_REBUILT_${threshold.least}_OF_${threshold.of}`],
    said: sum,
    ...(agreeing >= threshold.least
      ? {}
      : { failure: new Failure('too-few-rebuilders', `${sum}, and ${threshold.least} are asked for`) }),
  };
}

async function writeSummary(file: string, first: string, checked: Checked, flags: Flags): Promise<void> {
  const { signFile, summaryOf } = await import('../../../provenance/index.ts');
  const digestOf = async (path: string): Promise<string> =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  const attestations = [];
  for (const path of checked.statements)
    attestations.push({ name: basename(path), digest: { sha256: await digestOf(path) } });
  const summary = summaryOf({
    subject: checked.subject,
    resourceUri: flags.resource ?? `urn:cidermill:product:${encodeURIComponent(basename(first))}`,
    policy: { ...checked.policy, allowedSigners: await digestOf(flags.allowedSigners) },
    attestations,
    passed: checked.failure === undefined,
    levels: checked.levels,
    time: new Date().toISOString(),
    version: version(),
  });
  await writeFile(file, `${JSON.stringify(summary, null, 2)}\n`);
  const signed = flags.sign === undefined ? '' : `, ${await signFile(file, flags.sign)}`;
  console.log(`${file}${signed}`);
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).map(printable).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

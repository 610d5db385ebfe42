import type { Job } from './job.ts';
import { hostPreparations } from './prepare-host.ts';

/** The folder of the copies that GitLab keeps. */
const kept = 'ci-products';

/**
 * A job of GitLab that runs a pipeline for merge requests, on the default branch and for tags.
 * @param image of a docker executor; undefined for a shell executor
 */
export function gitlabJob(job: Job, image: string | undefined): string {
  const { name, products, options, folder, install, writtenBy, packages, setup } = job;
  const below = (path: string): string => (folder === '' ? path : `${folder}/${path}`);
  const prepared = setup ? hostPreparations(packages, '$as_root') : [];
  const enter = folder === '' ? [] : [`cd ${folder}`];
  const before = [
    ...(prepared.length > 0 ? ['as_root=sudo; if [ "$(id -u)" = 0 ]; then as_root=; fi'] : []),
    ...prepared.flatMap(({ title, lines }) => [`# ${title}`, lines.join('\n')]),
    ...enter,
    install,
  ];
  const run = [
    `npx cidermill run ${name}${options} --report report.html --json=events.ndjson --junit junit.xml --code-quality code-quality.json`,
    ...(products.length > 0 ? ['# A product is a link, and GitLab would keep the link alone.'] : []),
    ...(products.length > 0 ? [`rm -rf ${kept} && mkdir ${kept}`] : []),
    ...products.map((product) => `cp --recursive --dereference --reflink=auto artifacts/${product} ${kept}`),
    ...(products.length > 0 ? [push(job)] : []),
  ];
  return `# Written by: ${writtenBy}
# Do not edit it: give the command again. What to set, and what it may see of forks: docs/ci.md of cidermill.

${name}:
${image === undefined ? '' : `  image: ${image}\n`}  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    # The team's cache: everyone reads, only what is on a protected branch or tag writes.
    - if: $CI_COMMIT_REF_PROTECTED == "true" && ($CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH || $CI_COMMIT_TAG)
      variables:
        CIDERMILL_CACHE_PUSH: ci
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH || $CI_COMMIT_TAG
  variables:
    CIDERMILL_CACHE_PUSH: never
  before_script:
${script(before)}  script:
${script(run)}  artifacts:
    when: always
    paths:
${['report.html', 'events.ndjson', ...products.map((product) => `${kept}/${product}/`)]
  .map((path) => `      - ${below(path)}\n`)
  .join('')}    reports:
      junit: ${below('junit.xml')}
      codequality: ${below('code-quality.json')}
`;
}

function push({ products, options }: Job): string {
  return [
    'if [ -n "$CI_COMMIT_TAG" ] && [ -n "$CIDERMILL_REPOSITORY" ]; then',
    ...products.map(
      (product) =>
        `  npx cidermill push ${product}${options} "$CIDERMILL_REPOSITORY/${product}:$CI_COMMIT_TAG"`,
    ),
    'fi',
  ].join('\n');
}

/** Commands as YAML's list; what begins with "#" is a comment between them. */
function script(commands: readonly string[]): string {
  return commands.map((command) => `    ${item(command)}\n`).join('');
}

function item(command: string): string {
  if (command.startsWith('# ')) return command;
  // A plain scalar where YAML reads nothing else in it.
  if (/^[a-z][^\n]*$/.test(command) && !/: | #|:$/.test(command)) return `- ${command}`;
  return `- |\n${command.replace(/^/gm, '      ')}`;
}

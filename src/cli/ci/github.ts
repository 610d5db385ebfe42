import type { Job } from './job.ts';
import { hostPreparations, openKvm, type Preparation } from './prepare-host.ts';

/** GitHub's own actions, each by the newest major version that this was tried with. */
const actions = {
  checkout: 'actions/checkout@v4',
  node: 'actions/setup-node@v4',
  upload: 'actions/upload-artifact@v4',
} as const;

export interface GithubOptions {
  /** Of the runner. */
  readonly labels: readonly string[];
  /** The one whose pushes run it. */
  readonly branch: string;
  /** Of a container that the job runs in, as root; undefined for the runner itself. */
  readonly image: string | undefined;
}

/** A workflow of GitHub that runs a pipeline for pull requests, on a branch and for tags that begin with "v". */
export function githubWorkflow(job: Job, { labels, branch, image }: GithubOptions): string {
  const { name, products, options, folder, install, locked, writtenBy, packages, setup } = job;
  const below = (path: string): string => (folder === '' ? path : `${folder}/${path}`);
  const runsOn = labels.length === 1 ? (labels[0] ?? '') : `[${labels.join(', ')}]`;
  const prepared =
    image === undefined ? [...hostPreparations(packages, 'sudo'), openKvm] : hostPreparations(packages, '');
  return `# Written by: ${writtenBy}
# Do not edit it: give the command again. What to set, and what it may see of forks: docs/ci.md of cidermill.
name: ${name}

on:
  pull_request:
  push:
    branches: [${branch}]
    tags: ['v*']

permissions:
  contents: read

concurrency:
  group: ${name}-\${{ github.ref }}
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}

jobs:
  ${name}:
    runs-on: ${runsOn}
    timeout-minutes: 180
${image === undefined ? '' : container(image)}${folder === '' ? '' : `    defaults:\n      run:\n        working-directory: ${folder}\n`}    env:
      # The team's cache: everyone reads, only what is on a protected branch or tag writes.
      CIDERMILL_CACHE: \${{ vars.CIDERMILL_CACHE }}
      CIDERMILL_CACHE_PUSH: \${{ github.event_name == 'push' && github.ref_protected && 'ci' || 'never' }}
    steps:
      - uses: ${actions.checkout}
        with:
          persist-credentials: false
      - uses: ${actions.node}
        with:
          node-version: 22
${locked ? `          cache: npm\n          cache-dependency-path: ${below('package-lock.json')}\n` : ''}${setup ? prepared.map(step).join('') : ''}      - name: Install cidermill
        run: ${install}
      - name: Run ${name}
        env:
          CIDERMILL_CACHE_TOKEN: \${{ github.event_name == 'push' && github.ref_protected && secrets.CIDERMILL_CACHE_TOKEN || secrets.CIDERMILL_CACHE_READ_TOKEN }}
        run: npx cidermill run ${name}${options} --report report.html --json=events.ndjson --junit junit.xml
      - uses: ${actions.upload}
        if: \${{ !cancelled() }}
        with:
          name: ${name}-report
          path: |
            ${below('report.html')}
            ${below('junit.xml')}
            ${below('events.ndjson')}
${products.map((product) => upload(product, below)).join('')}${products.map((product) => push(product, options)).join('')}`;
}

/** Docker's defaults forbid the namespaces that a step runs in. */
function container(image: string): string {
  const options = ['seccomp', 'apparmor', 'systempaths'].map((what) => `--security-opt ${what}=unconfined`);
  return `    container:\n      image: ${image}\n      options: ${options.join(' ')}\n`;
}

function step({ title, lines }: Preparation): string {
  return `      - name: ${title}\n        run: |\n${lines.map((line) => `          ${line}\n`).join('')}`;
}

function upload(product: string, below: (path: string) => string): string {
  return `      - uses: ${actions.upload}
        with:
          name: ${product}
          path: ${below(`artifacts/${product}/`)}
          if-no-files-found: error
`;
}

function push(product: string, options: string): string {
  return `      - name: Push ${product}
        if: \${{ github.ref_type == 'tag' && vars.CIDERMILL_REPOSITORY != '' }}
        env:
          CIDERMILL_REPOSITORY: \${{ vars.CIDERMILL_REPOSITORY }}
          CIDERMILL_REGISTRY_TOKEN: \${{ secrets.CIDERMILL_REGISTRY_TOKEN }}
        run: npx cidermill push ${product}${options} "$CIDERMILL_REPOSITORY/${product}:$GITHUB_REF_NAME"
`;
}

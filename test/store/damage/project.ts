import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../../src/base/index.ts';
import { gcStore, listArtifacts, openStepSources, previewRun, runPlan } from '../../../src/engine/index.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import { packageRoot } from '../../../src/host/index.ts';
import { findProject, planNamed } from '../../../src/recipe/index.ts';
import { openStore, verifyStore, type VerifyReport } from '../../../src/store/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { stepModule } from '../../rig/project.ts';
import { smallRoot } from '../../rig/small-root.ts';

/**
 * A project with one of everything that a store holds: a source, a plain file, a program, a folder with both and a link,
 * a buildroot and a step in it. `turn` makes the two steps that take something run again.
 */
const ownFiles: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module" }\n',
  'seed/words.txt': 'some words of the source\n',
  'recipes/make.yaml': `recipe: make
summary: Makes one of everything
sources: { seed: { local: seed } }
environment: none
script: scripts/make.ts
outputs: { text: text.txt, tool: tool.sh, files: files/ }
`,
  'cidermill.yaml': 'trust: host\n',
  'scripts/make.ts': `import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { step } from STEP_MODULE;
const { source, output } = await step();
const words = readFileSync(source('seed') + '/words.txt', 'utf8');
console.log('making');
writeFileSync('text.txt', words.repeat(50));
writeFileSync('tool.sh', '#!/bin/sh\\necho the tool\\n');
chmodSync('tool.sh', 0o755);
mkdirSync('files/below', { recursive: true });
writeFileSync('files/plain.txt', 'plain ' + words);
writeFileSync('files/below/run.sh', '#!/bin/sh\\necho below\\n');
chmodSync('files/below/run.sh', 0o755);
symlinkSync('plain.txt', 'files/link.txt');
await output('text', 'text.txt');
await output('tool', 'tool.sh');
await output('files', 'files');
`,
  'recipes/use.yaml': `recipe: use
summary: Reads all of it
parameters: { turn: { type: string } }
inputs: { text: a text, tool: a program, files: a folder }
sources: { seed: { local: seed } }
environment: none
script: scripts/use.ts
outputs: { result: result.txt }
`,
  'scripts/use.ts': `import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { step } from STEP_MODULE;
const { source, input, text, output } = await step();
const read = (path) => (statSync(path).mode & 0o111 ? 'x ' : '- ') + readFileSync(path, 'utf8');
const files = ['below/run.sh', 'link.txt', 'plain.txt'].map((name) => name + ' ' + read(input('files') + '/' + name));
const names = readdirSync(input('files')).sort().join();
const seed = read(source('seed') + '/words.txt');
writeFileSync('result.txt', [text('turn'), read(input('text')), read(input('tool')), names, ...files, seed].join('\\n'));
await output('result', 'result.txt');
`,
  'recipes/inside.yaml': `recipe: inside
summary: Reads its buildroot
parameters: { turn: { type: string } }
environment: { buildroot: small }
script: scripts/inside.ts
outputs: { seen: seen.txt }
`,
  'scripts/inside.ts': `import { writeFileSync } from 'node:fs';
import { step } from STEP_MODULE;
const { $, text, output } = await step();
const { stdout } = await $\`cat /etc/passwd; ls /etc /usr/bin\`;
writeFileSync('seen.txt', text('turn') + stdout);
await output('seen', 'seen.txt');
`,
  'pipelines/all.yaml': `pipeline: all
summary: One of everything
parameters: { turn: { type: string, default: first } }
steps:
  make: { recipe: make }
  use: { recipe: use, with: { turn: "\${turn}", text: "\${make.text}", tool: "\${make.tool}", files: "\${make.files}" } }
  inside: { recipe: inside, with: { turn: "\${turn}" } }
products:
  all: { from: { result: "\${use.result}", tool: "\${make.tool}", files: "\${make.files}", seen: "\${inside.seen}" } }
`,
};

export interface Ran {
  readonly outcome: 'done' | 'failed' | 'interrupted' | 'thrown';
  readonly executed: readonly string[];
  /** What was said that is not as usual: failures, and files of a product that were changed. */
  readonly said: readonly string[];
}

/** A project with a store in it, worked with in this process. */
export class DamagedProject {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Another like it, in a folder that goes with the test: with all times, and with links between blobs and trees. */
  copy(): DamagedProject {
    const other = new DamagedProject(freshFolder());
    execFileSync('cp', ['-a', `${this.root}/.`, other.root]);
    return other;
  }

  get store(): string {
    return join(this.root, 'artifacts/.store/v1');
  }

  get product(): string {
    return join(this.root, 'artifacts/all');
  }

  async run(turn: 'first' | 'second'): Promise<Ran> {
    const events: RunEvent[] = [];
    try {
      const { outcome } = await runPlan({
        ...this.#parts(turn),
        ...{
          artifacts: join(this.root, 'artifacts'),
          jobs: 2,
          keepGoing: false,
          offline: true,
          onHost: false,
        },
        signal: new AbortController().signal,
        onEvent: (event) => void events.push(event),
      });
      return { outcome, executed: executedIn(events), said: saidIn(events) };
    } catch (error) {
      return { outcome: 'thrown', executed: executedIn(events), said: [failureText(error)] };
    }
  }

  async plan(): Promise<string> {
    return said(async () => {
      const previews = await previewRun({ ...this.#parts('second'), onHost: false });
      return previews.map(({ step, verdict }) => `${step} ${verdict}`).join(', ');
    });
  }

  async list(): Promise<string> {
    return said(() => Promise.resolve(`${listArtifacts(this.#open()).length} artifacts`));
  }

  async gc(budget: number): Promise<string> {
    return said(async () => {
      const { actionsRemoved, blobsRemoved } = await gcStore(
        this.#open(),
        findProject(this.root, packageRoot),
        budget,
      );
      return `removed ${actionsRemoved} actions, ${blobsRemoved} blobs`;
    });
  }

  /** @returns the report, or what was said instead of one */
  async verify(mend: boolean): Promise<VerifyReport | string> {
    try {
      return await verifyStore(openStore(join(this.root, 'artifacts/.store'), { mend }), { mend });
    } catch (error) {
      return failureText(error);
    }
  }

  removeProduct(): void {
    rmSync(join(this.root, 'artifacts/.products'), { recursive: true, force: true });
    if (lstatSync(this.product, { throwIfNoEntry: false })?.isSymbolicLink() === true) rmSync(this.product);
  }

  /** Every entry of the published product: path, kind, executable, bytes. */
  published(): string {
    if (!existsSync(this.product)) return 'nothing';
    const lines: string[] = [];
    const visit = (below: string): void => {
      for (const name of readdirSync(join(this.product, below)).sort()) {
        const path = join(below, name);
        const whole = join(this.product, path);
        const stat = lstatSync(whole);
        if (name === '.cidermill-product') continue;
        if (stat.isSymbolicLink()) lines.push(`${path} -> ${readlinkSync(whole)}`);
        else if (stat.isDirectory()) visit(path);
        else lines.push(`${path} ${(stat.mode & 0o111) === 0 ? '-' : 'x'} ${readFileSync(whole, 'latin1')}`);
      }
    };
    visit('.');
    return lines.join('\n');
  }

  #open(): ReturnType<typeof openStore> {
    return openStore(join(this.root, 'artifacts/.store'));
  }

  #parts(turn: string) {
    const store = this.#open();
    const project = findProject(this.root, packageRoot);
    const plan = planNamed(project, 'all', { turn });
    return { store, plan, sources: openStepSources(store, project, plan), onHost: false };
  }
}

/** The project in a folder, before anything is damaged: it has run once, from an empty store. */
export async function soundProject(root: string, turn: 'first' | 'second'): Promise<DamagedProject> {
  const project = new DamagedProject(root);
  for (const [path, text] of Object.entries({ ...smallRoot, ...ownFiles })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    // A few programs are enough, and quick to copy.
    const small = text.replace(/'bash sh cat .* wc'/, "'bash sh cat env ls'");
    writeFileSync(
      join(root, path),
      small.replace('STEP_MODULE', () => stepModule),
    );
  }
  const ran = await project.run(turn);
  if (ran.outcome !== 'done') throw new Error(`the sound project does not run: ${ran.said.join('\n')}`);
  return project;
}

function executedIn(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'step-done' ? [event.step] : []));
}

function saidIn(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'step-failed') return [`${event.step}: ${event.message}`];
    if (event.type === 'product-failed') return [`${event.product}: ${event.message}`];
    if (event.type !== 'product-published') return [];
    return event.files.flatMap(({ path, changed }) => (changed === true ? [`changed: ${path}`] : []));
  });
}

async function said(work: () => Promise<string>): Promise<string> {
  return work().catch(failureText);
}

/** What a user would read; anything that would be reported as a bug says so. */
function failureText(error: unknown): string {
  return error instanceof Failure
    ? `failure: ${error.message}`
    : `a bug: ${String((error as Error).stack ?? error)}`;
}

import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
  chmodSync,
  existsSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { events, stepModule, stepsOf, testProject, type TestProject } from '../rig/project.ts';
import { send, startServer } from '../sources/local-server.ts';

const server = await startServer();
const seed = Buffer.from('an apple, as it was downloaded');

/** Two steps: the first reads a downloaded file, the second what the first has made. */
function pressProject(): TestProject {
  const script = (line: string): string => `import { readFileSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { source, input, text, output } = await step();
writeFileSync('out.txt', ${line});
await output('out', 'out.txt');
`;
  return testProject({
    'recipes/pick.yaml': `recipe: pick
summary: Reads its source
parameters: { turn: { type: string } }
sources: { seed: { url: "${server.url}/seed.txt" } }
environment: none
script: scripts/pick.ts
outputs: { out: out.txt }
`,
    'scripts/pick.ts': script("text('turn') + ': ' + readFileSync(source('seed') + '/seed.txt', 'utf8')"),
    'recipes/press.yaml': `recipe: press
summary: Reads what another step has made
parameters: { turn: { type: string } }
inputs: { apple: what is pressed }
environment: none
script: scripts/press.ts
outputs: { out: out.txt }
`,
    'scripts/press.ts': script("text('turn') + ' of ' + readFileSync(input('apple'), 'utf8')"),
    'pipelines/cider.yaml': `pipeline: cider
summary: An apple, pressed
parameters: { pick: { type: string, default: one }, press: { type: string, default: first } }
steps:
  pick: { recipe: pick, with: { turn: '\${pick}' } }
  press: { recipe: press, with: { turn: '\${press}', apple: '\${pick.out}' } }
products:
  cider: { from: { out: '\${press.out}' } }
`,
  });
}

const blobIn = ({ root }: TestProject, bytes: string | Buffer): string => {
  const digest = sha256(bytes);
  return join(root, 'artifacts/.store/v1/cas', digest.slice(0, 2), digest);
};

/** Flips a bit of a file in place; its size and its times stay. */
function rot(path: string): void {
  const { atime, mtime, mode } = lstatSync(path);
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(3) ^ 1, 3);
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
  chmodSync(path, mode);
  utimesSync(path, atime, mtime);
}

const product = ({ root }: TestProject): string =>
  readFileSync(join(root, 'artifacts/cider/out.txt'), 'utf8');

/** Removes the folders that sources were unpacked into, as `gc` does. */
function forgetTrees({ root }: TestProject): void {
  const trees = join(root, 'artifacts/.store/v1/trees');
  execFileSync('chmod', ['-R', 'u+w', trees]);
  for (const name of readdirSync(trees)) rmSync(join(trees, name), { recursive: true });
}

/** The file as the step sees it, in the folder that the source was unpacked into. */
function unpacked({ root }: TestProject): string {
  const trees = join(root, 'artifacts/.store/v1/trees');
  const names = readdirSync(trees, { recursive: true }).map(String);
  return join(trees, names.find((name) => name.endsWith('seed.txt')) ?? '');
}

async function madeProject(): Promise<TestProject> {
  server.answer(send(seed));
  const project = pressProject();
  expect((await project.run(['lock'])).code).toBe(0);
  const run = await project.run(['run', 'cider', '--json']);
  expect(run.code, run.stdout + run.stderr).toBe(0);
  expect(product(project)).toBe(`first of one: ${seed.toString()}`);
  return project;
}

describe('a downloaded file that rotted in the store', () => {
  it('is unpacked again where its folder is what rotted', async () => {
    const project = await madeProject();
    rot(unpacked(project));
    server.answer(send(seed));
    const run = await project.run(['run', 'cider', '--json', '--set', 'pick=two']);
    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(product(project)).toBe(`first of two: ${seed.toString()}`);
    expect(server.requests).toEqual([]);
  });

  it('is downloaded again by the next step that uses it', async () => {
    const project = await madeProject();
    rot(blobIn(project, seed));
    forgetTrees(project);
    server.answer(send(seed));
    const run = await project.run(['run', 'cider', '--json', '--set', 'pick=two']);
    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(server.requests).toEqual(['GET /seed.txt']);
    expect(product(project)).toBe(`first of two: ${seed.toString()}`);
    expect(readFileSync(blobIn(project, seed))).toEqual(seed);
  });

  it('fails the step where it cannot be downloaded, and nothing is made of it', async () => {
    const project = await madeProject();
    rot(blobIn(project, seed));
    forgetTrees(project);
    const run = await project.run(['run', 'cider', '--json', '--offline', '--set', 'pick=two']);
    expect(run.code).toBe(1);
    expect(stepsOf(run.stdout, 'step-failed')).toEqual(['pick']);
    expect(stepsOf(run.stdout, 'step-done')).toEqual([]);
    expect(run.stdout).not.toMatch(/a bug|"code":"bug"/);
    expect(product(project)).toBe(`first of one: ${seed.toString()}`);
  });
});

describe('what a step had made and rotted in the store', () => {
  const picked = `one: ${seed.toString()}`;

  it('is dropped by `store verify --mend` with all that was made from it, and made again', async () => {
    const project = await madeProject();
    const entries = (): number =>
      readdirSync(join(project.root, 'artifacts/.store/v1/ac'), {
        recursive: true,
        withFileTypes: true,
      }).filter((one) => one.isFile()).length;
    expect(entries()).toBe(2);
    rot(blobIn(project, picked));
    const found = await project.run(['store', 'verify', '--json']);
    expect(found.code).toBe(1);
    const report = JSON.parse(found.stdout.split('\n{"type"')[0] ?? '') as {
      faults: string[];
      tainted: string[];
    };
    expect(report.faults).toHaveLength(1);
    expect(report.tainted).toHaveLength(2);
    expect(entries()).toBe(2);
    expect((await project.run(['store', 'verify', '--mend'])).code).toBe(0);
    expect(entries()).toBe(0);
    expect(existsSync(blobIn(project, picked))).toBe(false);
    const run = await project.run(['run', 'cider', '--json']);
    expect(stepsOf(run.stdout, 'step-done')).toEqual(['pick', 'press']);
    expect(product(project)).toBe(`first of ${picked}`);
  });

  it('is named by `verify` as the cause, where a step after it is rebuilt', async () => {
    const project = await madeProject();
    const sound = await project.run(['verify', 'cider', 'press', '--json']);
    expect(sound.code, sound.stdout + sound.stderr).toBe(0);
    rot(blobIn(project, picked));
    const run = await project.run(['verify', 'cider', 'press', '--json']);
    expect(run.code).toBe(1);
    const said = events(run.stdout).filter((event) => 'message' in event);
    expect(said.map(({ message }) => message).join('\n'), run.stdout).toMatch(
      /its input "apple", made by pick, is damaged in the store: a file of the store is damaged: /,
    );
    expect(run.stdout).not.toMatch(/clock|"code":"bug"/);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../../src/base/index.ts';
import { packageRoot } from '../../../src/host/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import {
  events,
  running,
  stepModule,
  testProject,
  uniqueSeconds,
  type TestProject,
} from '../../rig/project.ts';
import { smallRoot } from '../../rig/small-root.ts';
import {
  actNames,
  hostileProgram,
  hostileScript,
  rewritten,
  type Act,
  type Target,
} from './hostile-script.ts';

/** What the step before the hostile one makes, and the hostile one is given. */
const given = 'what the step before has made';

/** A project with a hostile recipe, and everything on the host that it is after. */
interface Attacked {
  readonly project: TestProject;
  readonly target: Target;
  readonly requests: () => number;
  /** The signal that ended a process that is not its own; null while that lives. */
  readonly hit: () => NodeJS.Signals | null;
}

async function attacked(environment: string): Promise<Attacked> {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    response.end('the secret');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const victim = spawn('sleep', ['1000']);
  const folder = freshFolder();
  chmodSync(folder, 0o700);
  writeFileSync(join(folder, 'secret.txt'), 'the secret', { mode: 0o600 });
  const about = {
    secret: join(folder, 'secret.txt'),
    folder,
    home: homedir(),
    daemon: uniqueSeconds(),
    commandDaemon: uniqueSeconds(),
    token: uniqueSeconds(),
    written: `/tmp/cidermill-hostile-${uniqueSeconds()}`,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    victim: victim.pid ?? 0,
  };
  const project = hostileProject(environment, about);
  const digest = sha256(given);
  const blob = join(project.root, 'artifacts/.store/v1/cas', digest.slice(0, 2), digest);
  onTestFinished(() => {
    server.close();
    victim.kill('SIGKILL');
    rmSync(about.written, { force: true });
    for (const word of [about.daemon, about.commandDaemon])
      for (const pid of running(word)) process.kill(pid, 'SIGKILL');
  });
  return {
    project,
    target: { ...about, blob },
    requests: () => requests,
    hit: () => victim.signalCode,
  };
}

function hostileProject(environment: string, target: Omit<Target, 'blob'>): TestProject {
  return testProject({
    ...Object.fromEntries(
      Object.entries(smallRoot).map(([path, file]) => [path, file.replace('STEP_MODULE', () => stepModule)]),
    ),
    'recipes/victim.yaml': `recipe: victim
summary: Makes what the hostile step is given
environment: none
script: scripts/victim.ts
outputs: { out: out.txt }
`,
    'scripts/victim.ts': `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output } = await step();
writeFileSync('out.txt', '${given}');
await output('out', 'out.txt');
`,
    'recipes/hostile.yaml': `recipe: hostile
summary: Does what it should not
parameters: { blob: { type: string } }
inputs: { victim: what another step has made }
environment: ${environment}
script: scripts/hostile.ts
outputs: { out: out.txt }
`,
    'pipelines/attack.yaml': `pipeline: attack
summary: A victim and its attacker
parameters: { blob: { type: string } }
steps:
  victim: { recipe: victim }
  hostile: { recipe: hostile, with: { victim: '\${victim.out}', blob: '\${blob}' } }
`,
    'scripts/hostile.ts': hostileScript(target),
  });
}

/** Runs a command with descriptor 201 open on the root of the host. @returns its output */
async function withDescriptor(
  cwd: string,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawn('bash', ['-c', 'exec 201</ && exec "$@"', 'bash', ...command], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, faults] = [text(child.stdout), text(child.stderr)];
  const [code] = (await once(child, 'close')) as [number];
  expect(code, (await said) + (await faults)).toBe(0);
  return said;
}

/** As an ordinary user runs it: root's steps on the host have namespaces of their own, others' have none. */
const ordinary =
  process.getuid?.() === 0 ? ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'] : [];

/** Runs the hostile step. @returns what its script says of each act */
async function attack(
  { project, target }: Attacked,
  launcher: readonly string[] = [],
): Promise<Record<Act, string>> {
  const command = [process.execPath, join(packageRoot, 'bin/cidermill.mjs'), 'run', 'attack', '--json'];
  const output = await withDescriptor(
    project.root,
    [...launcher, ...command, '--set', `blob=${target.blob}`],
    { CIDERMILL_STORE: join(project.root, 'artifacts/.store'), HOSTILE_TOKEN: target.token },
  );
  const done = events(output).find(({ type, step }) => type === 'step-done' && step === 'hostile');
  return JSON.parse((done?.['notes'] as string[])[0] ?? '') as Record<Act, string>;
}

/** The acts that reached what they were after, as the host sees it where it can. */
function reached({ target, requests, hit }: Attacked, told: Readonly<Record<Act, string>>): string[] {
  const seen: Partial<Record<Act, boolean>> = {
    write: existsSync(target.written),
    fetch: requests() > 0,
    daemon: running(target.daemon).length > 0,
    commandDaemon: running(target.commandDaemon).length > 0,
    signal: hit() === 'SIGUSR1',
    rewrite: readFileSync(target.blob, 'utf8') === rewritten,
  };
  return [...actNames, 'descriptor' as const].filter((name) => seen[name] ?? told[name] === 'done');
}

describe('a hostile script', () => {
  it('that no engine starts does all of it', async () => {
    const all = await attacked('none');
    const folder = freshFolder();
    const target = { ...all.target, blob: join(folder, 'blob') };
    writeFileSync(target.blob, given, { mode: 0o444 });
    writeFileSync(join(folder, 'hostile.mjs'), hostileProgram(target));
    const command = [process.execPath, 'hostile.mjs'];
    const output = await withDescriptor(folder, command, { HOSTILE_TOKEN: target.token });
    const told = JSON.parse(output) as Record<Act, string>;
    expect(reached({ ...all, target }, told), output).toEqual([...actNames, 'descriptor']);
  });

  it('on the host does as it likes, but is given no descriptor of the caller', async () => {
    const all = await attacked('{ host: [sleep, bash] }');
    const told = await attack(all, ordinary);
    expect(reached(all, told), JSON.stringify(told)).toEqual(actNames);
  });

  it.runIf(process.getuid?.() === 0)(
    'on the host as root reaches no other process, and leaves none',
    async () => {
      const all = await attacked('{ host: [sleep, bash] }');
      const told = await attack(all);
      const reaches = ['read', 'list', 'write', 'fetch', 'rewrite'];
      expect(reached(all, told), JSON.stringify(told)).toEqual(reaches);
    },
  );

  it.each([
    { where: 'the sandbox', environment: 'none', commands: false },
    { where: 'a buildroot', environment: '{ buildroot: small }', commands: true },
  ])('in $where reaches nothing', async ({ environment, commands }) => {
    const all = await attacked(environment);
    const told = await attack(all);
    expect(reached(all, told), JSON.stringify(told)).toEqual([]);
    // Both daemons were started, and ended with the step; what was written to /tmp was the sandbox's own.
    expect(told).toMatchObject({ write: 'done', daemon: 'done' });
    expect(told.commandDaemon === 'done', told.commandDaemon).toBe(commands);
    expect(readFileSync(all.target.blob, 'utf8')).toBe(given);
  });

  it('of a project may run on the host only where the project says so', async () => {
    const { project, target } = await attacked('{ host: [sleep, bash] }');
    const args = ['run', 'attack', '--set', `blob=${target.blob}`];
    expect((await project.run(args)).code).toBe(0);
    rmSync(join(project.root, 'cidermill.yaml'));
    const { code, stdout, stderr } = await project.run(args);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('"trust: host"');
  });
});

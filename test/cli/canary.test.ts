import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { descendantsRunning, filesWith, processesWith } from '../rig/secrets.ts';
import { gptDisk, writeImage } from '../vm/disk-images.ts';
import { buildProbe, makeDisk, temporaryFolder } from '../vm/guests.ts';

/** Not Apple's: a text that stands nowhere else, told to the probe, so that it says whether it came to the guest. */
const canary = 'Canary-0123456789-not-a-key-of-Apple-but-one-of-this-test-alone!';
/** Wherever half of it stands the secret is out as well. */
const halves = [canary.slice(0, 32), canary.slice(32)];

const arrived = /\[ ok \] osk +OSK0 and OSK1 are the test string/;

let loader = '';
beforeAll(() => {
  // The probe holds the canary to compare it, and so lies outside of what is searched.
  loader = buildProbe(temporaryFolder(), canary);
});

interface House {
  /** Everything that a run can leave behind lies below. */
  readonly root: string;
  /** The one file that is to hold the canary, elsewhere. */
  readonly key: string;
  readonly console: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

function house(): House {
  const root = freshFolder();
  for (const name of ['project/recipes', 'home', 'tmp', 'state', 'runtime', 'product'])
    mkdirSync(join(root, name), { recursive: true });
  const product = join(root, 'product');
  makeDisk(product);
  writeImage(join(product, 'disk.iso'), gptDisk());
  const key = join(freshFolder(), 'key');
  writeFileSync(key, `${canary}\n`);
  chmodSync(key, 0o600);
  const console = join(root, 'console.txt');
  const env = {
    PATH: process.env['PATH'],
    HOME: join(root, 'home'),
    TMPDIR: join(root, 'tmp'),
    XDG_STATE_HOME: join(root, 'state'),
    XDG_RUNTIME_DIR: join(root, 'runtime'),
    CIDERMILL_STORE: join(root, 'store'),
  };
  const args = ['boot', product, '--guest', 'yosemite', '--loader', loader, '--accel', 'tcg', '--install'];
  return { root, key, console, args: [...args, '--display', 'none', '--i-have-the-right'], env };
}

/** What was on the terminal, and what /proc showed while QEMU ran with the key in the guest. */
interface Watched {
  readonly output: string;
  readonly code: number | null;
  readonly shown: { readonly pid: number; readonly where: string }[];
  readonly cidermill: number;
  readonly qemu: readonly number[];
  readonly files: readonly string[];
}

/** Starts cidermill, looks when the probe has seen the key, and presses Ctrl-C. */
async function watchBoot(of: House, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Watched> {
  const debug = ['--', '-debugcon', `file:${of.console}`, '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];
  const command = [
    join(packageRoot, 'bin/cidermill.mjs'),
    '-C',
    join(of.root, 'project'),
    ...of.args,
    ...args,
    ...debug,
  ];
  const child = spawn(process.execPath, command, {
    cwd: of.root,
    env: { ...of.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
  const closed = once(child, 'close') as Promise<[number | null]>;
  const pid = child.pid ?? 0;
  for (let i = 0; i < 600 && !arrived.test(read(of.console)); i++) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output}`);
    await pause(100);
  }
  expect(read(of.console)).toMatch(arrived);
  const shown = halves.flatMap((half) => processesWith(half));
  const qemu = descendantsRunning('qemu-system-x86_64', pid);
  const files = [...searched(of.root), ...searched('/dev/shm')];
  child.kill('SIGINT');
  const [code] = await closed;
  return { output, code, shown, cidermill: pid, qemu, files };
}

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : '';
}

function searched(folder: string): string[] {
  return halves.flatMap((half) => filesWith(folder, half));
}

describe('the search for the key', () => {
  it('finds it where it stands: in a file, an argument, an environment', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'log'), `… ${canary.slice(32)} …`);
    expect(searched(folder)).toEqual([join(folder, 'log')]);
    const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)', canary], {
      env: { OTHER: canary },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    expect(processesWith(canary)).toEqual([
      { pid: child.pid, where: 'cmdline' },
      { pid: child.pid, where: 'environ' },
    ]);
  });
});

describe("the user's key", () => {
  it('from a file is in the guest and nowhere else: no process shows it, no file holds it, nothing prints it', async () => {
    const here = house();
    const { output, code, shown, qemu, files } = await watchBoot(here, ['--osk', `file:${here.key}`]);
    expect(qemu).toHaveLength(1);
    expect({ shown, files, code }).toEqual({ shown: [], files: [], code: 130 });
    for (const half of halves) expect(output).not.toContain(half);
    expect(searched(here.root)).toEqual([]);
  });

  it('from the environment does not get into that of QEMU', async () => {
    const here = house();
    const { output, code, shown, cidermill, qemu, files } = await watchBoot(here, ['--osk', 'env:OWN_KEY'], {
      OWN_KEY: canary,
    });
    expect(qemu).toHaveLength(1);
    // The one who set the variable shows it; that is what env: means.
    expect(shown.filter(({ pid, where }) => pid !== cidermill || where !== 'environ')).toEqual([]);
    expect({ files, code }).toEqual({ files: [], code: 130 });
    for (const half of halves) expect(output).not.toContain(half);
    expect(searched(here.root)).toEqual([]);
  });

  it('is in nothing that any command prints or writes', async () => {
    const here = house();
    const osk = ['--osk', `file:${here.key}`];
    const commands = [
      [...here.args, ...osk, '--dry-run'],
      [...here.args, ...osk, '--export', 'libvirt'],
      [...here.args, ...osk, '--export', 'packer'],
      [...here.args, ...osk, '--export', 'shell'],
      [...here.args, ...osk, '--wait-for', 'console:are the test string'],
      [...here.args, ...osk, '--wait-for', 'serial:never', '--timeout', '2'],
      [...here.args, ...osk, '--share', '/no/such/folder'],
      [...here.args, '--osk', canary],
      [...here.args, ...osk, '--', '-device', `isa-applesmc,osk=${canary}`],
      [...here.args, ...osk, '--', '-no-such-option'],
      ['doctor', '--guest', 'yosemite', ...osk, '--json'],
      ['guest', 'explain', 'yosemite', '--json'],
    ];
    const codes: (number | null)[] = [];
    for (const command of commands) {
      const child = spawn(
        process.execPath,
        [join(packageRoot, 'bin/cidermill.mjs'), '-C', join(here.root, 'project'), ...command],
        {
          cwd: here.root,
          env: here.env,
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
      codes.push(((await once(child, 'close')) as [number | null])[0]);
      for (const half of halves) expect(output, command.join(' ').replace(canary, '…')).not.toContain(half);
    }
    // What comes of doctor is this host's affair.
    expect(codes.filter((_, index) => index !== 10)).toEqual([0, 0, 0, 0, 0, 1, 2, 2, 2, 1, 0]);
    expect(searched(here.root)).toEqual([]);
  });
});

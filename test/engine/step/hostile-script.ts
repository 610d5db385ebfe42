import { stepModule } from '../../rig/project.ts';

/** What a script with ill will is after: all of it lies on the host, outside of what its step is given. */
export interface Target {
  /** A file of the user's that no one else may read, and the folder it lies in. */
  readonly secret: string;
  readonly folder: string;
  /** The user's home folder: /root as root. */
  readonly home: string;
  /** A file that is not there, directly in /tmp. */
  readonly written: string;
  readonly url: string;
  /** In the command lines of the two daemons. */
  readonly daemon: string;
  readonly commandDaemon: string;
  /** In the environment of its parent. */
  readonly token: string;
  /** The number of a process of the user's. */
  readonly victim: number;
  /** Of the store: the blob that the step is given as its input. */
  readonly blob: string;
}

/** What the eight acts are called, in their order; a command leaves a daemon too. */
export const actNames = [
  'read',
  'list',
  'write',
  'fetch',
  'daemon',
  'environment',
  'signal',
  'rewrite',
  'commandDaemon',
] as const;

export type Act = (typeof actNames)[number] | 'descriptor';

/** What an act that rewrites leaves in the blob. */
export const rewritten = 'rewritten by a hostile script';

/**
 * The acts as a program's text. It has `at`, a Target, `input`, the path of what it was given, and `command`, which runs
 * a line of bash; it tells what each act got, or why it got nothing, by `tell`.
 */
const acts = `
const node = readFileSync('/proc/self/cmdline', 'utf8').split('\\0');
node.length = node.findIndex((part) => /node$/.test(part)) + 1;
const has = (got, wanted) => {
  if (!String(got).includes(wanted)) throw new Error('it got ' + got);
};
// Each way that leads to the blob: by its own path, by the input, and by a second name of either in the work folder.
const rewrite = () => {
  const faults = [];
  for (const path of [at.blob, input])
    for (const way of ['itself', 'link'])
      try {
        const name = way === 'link' ? 'second-name-' + faults.length : path;
        if (way === 'link') linkSync(path, name);
        chmodSync(name, 0o644);
        writeFileSync(name, ${JSON.stringify(rewritten)});
        return;
      } catch (error) {
        faults.push(error.message);
      }
  throw new Error(faults.join('; '));
};
const acts = {
  read: () => has(readFileSync(at.secret), 'the secret'),
  list: () => (has(readdirSync(at.folder), 'secret.txt'), void readdirSync(at.home)),
  write: () => writeFileSync(at.written, 'written'),
  fetch: async () => has(await (await fetch(at.url)).text(), 'the secret'),
  daemon: () =>
    new Promise((resolve, reject) => {
      const program = 'setInterval(() => {}, 1000) /* ' + at.daemon + ' */';
      // With nothing in its environment by which it would be found.
      const child = spawn(node[0], [...node.slice(1), '-e', program], { detached: true, stdio: 'ignore', env: {} });
      child.once('spawn', () => (child.unref(), resolve()));
      child.once('error', reject);
    }),
  environment: () => {
    for (const name of readdirSync('/proc').filter((each) => /^\\d+$/.test(each) && each !== 'self'))
      try {
        if (readFileSync('/proc/' + name + '/environ', 'utf8').includes('TOKEN=' + at.token)) return;
      } catch {}
    throw new Error('it is in the environment of no process');
  },
  signal: () => process.kill(at.victim, 'SIGUSR1'),
  rewrite,
  commandDaemon: () =>
    // In a process group of its own.
    command('env -i bash -c "set -m; (sleep ' + at.commandDaemon + ' </dev/null >/dev/null 2>&1 3>&- &)"'),
  descriptor: () => readdirSync('/proc/self/fd/201/etc'),
};
const told = {};
for (const [name, act] of Object.entries(acts))
  try {
    await act();
    told[name] = 'done';
  } catch (error) {
    told[name] = String(error.message);
  }
tell(JSON.stringify(told));
`;

const imports = `import { spawn, execFileSync } from 'node:child_process';
import { chmodSync, linkSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
`;

/** A recipe's script that does all of it, and notes what came of it. */
export function hostileScript(target: Omit<Target, 'blob'>): string {
  return `${imports}import { step } from ${stepModule};
const { $, input: given, text, output, note } = await step();
const at = { ...${JSON.stringify(target)}, blob: text('blob') };
const input = given('victim');
const tell = note;
const command = async (line) => void (await $\`bash -c \${line}\`);
${acts}
writeFileSync('out.txt', 'out');
await output('out', 'out.txt');
`;
}

/** The same as a program of its own, which no engine starts: it prints what came of it. */
export function hostileProgram(target: Target): string {
  return `${imports}
const at = ${JSON.stringify(target)};
const input = at.blob;
const tell = console.log;
const command = (line) => void execFileSync('bash', ['-c', line]);
${acts}`;
}

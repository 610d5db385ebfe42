import { execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileFolder } from '../rig/folder.ts';
import { stepModule, testProject, type TestProject } from '../rig/project.ts';

const files = {
  'recipes/buildroots/tiny.yaml':
    'buildroot: tiny\nsummary: Nothing but what is essential\nsuite: bookworm\npackages: [hostname]\n',
  'recipes/lookup.yaml': `recipe: lookup
summary: The version of its bash
environment: { buildroot: tiny }
script: scripts/lookup.ts
outputs: { version: version.txt }
`,
  'scripts/lookup.ts': `import { step } from ${stepModule};
const { $, output } = await step();
await $\`bash --version > version.txt\`;
await output('version', 'version.txt');
`,
};

/** A phase of making a buildroot, and what shows that it has begun: a line of its log, or a file system in its folder. */
const phases = [
  { phase: 'lists', line: /running apt-get update/ },
  { phase: 'mounts', line: undefined },
  { phase: 'unpack', line: /Unpacking / },
  { phase: 'tar', line: /creating tarball/ },
] as const;

/** The text of a file in /proc, or where a link there leads; empty when its process is gone. */
function read(path: string, how: (path: string) => string): string {
  try {
    return how(path);
  } catch {
    return '';
  }
}

const text = (path: string): string => read(path, (file) => readFileSync(file, 'latin1'));
const link = (path: string): string => read(path, readlinkSync);
const processes = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** The lines of a process's mounts that lie in a folder. */
const mountsIn = (folder: string, pid: string): string[] =>
  text(`/proc/${pid}/mountinfo`)
    .split('\n')
    .filter((line) => line.includes(`${folder}/`));

/** The processes that work in a folder, were started with it, or carry the mark of a step of that engine. */
function processesOf(folder: string, engine: number | undefined): string[] {
  const mark = new RegExp(`CIDERMILL_STEP=[^\\0]*:${engine}:`);
  return processes().filter((pid) => {
    if (Number(pid) === process.pid) return false;
    const environment = text(`/proc/${pid}/environ`);
    const places = [
      text(`/proc/${pid}/cmdline`),
      environment,
      ...['cwd', 'root'].map((name) => link(`/proc/${pid}/${name}`)),
    ];
    return mark.test(environment) || places.some((place) => place.includes(folder));
  });
}

/** Resolves when a run has printed a line, and goes on reading: one that nobody reads any more would end by itself. */
async function printed(child: ChildProcess, line: RegExp): Promise<void> {
  let printedText = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      printedText += chunk.toString();
      if (line.test(printedText)) resolve();
    });
    child.stdout?.once('end', () =>
      reject(new Error(`the run ended without ${line}; it said:\n${printedText}`)),
    );
  });
}

/** Resolves when the run has come to a phase. */
async function reached(child: ChildProcess, folder: string, line: RegExp | undefined): Promise<void> {
  if (line !== undefined) {
    await printed(child, line);
    return;
  }
  child.stdout?.resume();
  const mounted = (): boolean =>
    processes().some((pid) => mountsIn(folder, pid).some((one) => / - (proc|sysfs|devpts|tmpfs) /.test(one)));
  await expect.poll(mounted, { timeout: 600_000, interval: 5 }).toBe(true);
}

describe.runIf(process.getuid?.() === 0)('root makes a buildroot', () => {
  const prepared = fileFolder();

  /** A project whose buildroot is locked and fetched, which is done once. */
  async function ready(): Promise<TestProject> {
    const project = testProject(files);
    if (readdirSync(prepared).length === 0) {
      const locked = await project.run(['lock']);
      expect(locked.code, locked.stderr).toBe(0);
      expect((await project.run(['fetch', 'lookup'])).code).toBe(0);
      const made = ['artifacts', 'recipes'].map((name) => join(project.root, name));
      execFileSync('cp', ['-a', ...made, prepared]);
    }
    execFileSync('cp', ['-a', `${prepared}/.`, project.root]);
    return project;
  }

  it.each(phases)(
    'and INT, TERM and KILL in the phase $phase leave no mount and no process, and the next run passes',
    async ({ line }) => {
      let project = await ready();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
        let child = project.start(['run', 'lookup', '--json']);
        await reached(child, project.root, line);
        // On a busy machine a phase may be over before it is seen: then another project is made one of.
        for (let tries = 1; tries < 5 && processesOf(project.root, child.pid).length < 2; tries++) {
          child.kill('SIGKILL');
          project = await ready();
          child = project.start(['run', 'lookup', '--json']);
          await reached(child, project.root, line);
        }
        const ended = once(child, 'exit');
        expect(processesOf(project.root, child.pid).length).toBeGreaterThan(1);
        child.kill(signal);
        await ended;
        await expect.poll(() => processesOf(project.root, child.pid), { timeout: 10_000 }).toEqual([]);
        expect(mountsIn(project.root, 'self')).toEqual([]);
      }
      const next = await project.run(['run', 'lookup']);
      expect(next.code, next.stdout + next.stderr).toBe(0);
      expect(readFileSync(join(project.root, 'artifacts/lookup/version.txt'), 'utf8')).toContain('GNU bash');
      expect(readdirSync(join(project.root, 'artifacts/.store/v1/tmp'))).toEqual([]);
      expect(mountsIn(project.root, 'self')).toEqual([]);
    },
    1_800_000,
  );
});

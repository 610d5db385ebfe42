import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from './folder.ts';

/** A project in a folder of its own, and the real command line to run in it. */
export interface TestProject {
  readonly root: string;
  write(path: string, text: string): void;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a script of a test's project imports its step from. */
export const stepModule = "'cidermill/step'";

export function testProject(files: Readonly<Record<string, string>>): TestProject {
  const root = freshFolder();
  const project: TestProject = {
    root,
    write: (path, text) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    start: (args, env = {}) => {
      const child = spawn(process.execPath, [join(packageRoot, 'bin/cidermill.mjs'), ...args], {
        cwd: root,
        env: { ...process.env, CIDERMILL_STORE: join(root, 'artifacts/.store'), NO_COLOR: '1', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    },
    run: async (args, env) => {
      const child = project.start(args, env);
      const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, stdout: stdout(), stderr: stderr() };
    },
  };
  project.write('package.json', '{ "type": "module" }\n');
  // Recipes of tests may run on the host; a test of what happens without removes it.
  project.write('cidermill.yaml', 'trust: host\n');
  for (const [path, text] of Object.entries(files)) project.write(path, text);
  return project;
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

/** Resolves when a stream has said something that matches; fails with what it said when it ends before. */
export async function said(stream: NodeJS.ReadableStream | null, what: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) {
    text += chunk.toString();
    if (what.test(text)) return text;
  }
  throw new Error(`the stream ended without ${what}; it said:\n${text}`);
}

/** The events of a `--json` run. */
export function events(output: string): { type: string; step?: string; [key: string]: unknown }[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string });
}

/** The steps of a `--json` run that an event of that type was about. */
export function stepsOf(output: string, type: string): (string | undefined)[] {
  return events(output)
    .filter((event) => event.type === type)
    .map((event) => event.step);
}

/**
 * The processes with a word in their command lines: how a process in a sandbox is found, which has another number there.
 * One that has ended and is not yet reaped has none.
 */
export function running(word: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(word) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

/** The processes that a process has started, and those that these have: "NUMBER NAME" each. */
export function below(pid: number): string[] {
  const all = readdirSync('/proc').flatMap((number) => {
    if (!/^\d+$/.test(number)) return [];
    try {
      const stat = readFileSync(`/proc/${number}/stat`, 'utf8');
      const [, name = '', parent] = /^\d+ \((.*)\) \S (\d+) /s.exec(stat) ?? [];
      return [{ number: Number(number), name, parent: Number(parent) }];
    } catch {
      return [];
    }
  });
  const children = (of: number): string[] =>
    all
      .filter(({ parent }) => parent === of)
      .flatMap(({ number, name }) => [`${number} ${name}`, ...children(number)]);
  return children(pid);
}

/** For `sleep`: a number that no other process has in its command line. */
export const uniqueSeconds = (): string => `1000.${Date.now()}${Math.floor(Math.random() * 1e6)}`;

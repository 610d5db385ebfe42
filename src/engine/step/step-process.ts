import { createWriteStream, existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { isBuilt, packageRoot } from '../../host/index.ts';
import { startProgram } from '../../host/start-program.ts';
import type { StepEvent, StepRequest } from '../../step/protocol.ts';

/** How a step's process ended. */
export interface StepEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What the script itself said of its failure. */
  readonly failure?: { readonly message: string; readonly hint?: string };
  readonly notes: readonly string[];
  /** The last lines of its log. */
  readonly tail: readonly string[];
}

/** How many lines of a failed step's log are shown with its error. */
const tailLines = 20;
/** A line of an event longer than this is no event of ours. */
const longestEvent = 65_536;
/** Between asking a step to end and ending it, in milliseconds. */
const grace = 300;

/**
 * Runs a step's script in a process group of its own, its standard output and error into the log.
 * When `signal` aborts, the whole group is ended within half a second.
 * @param script absolute path of the .ts file; the built one is run where this program is built
 * @param workFolder the process's current directory
 * @param launcher what starts the process, which must become it by exec: its group is ended by its number
 */
export async function runStepProcess(options: {
  readonly script: string;
  readonly request: StepRequest;
  readonly requestFile: string;
  readonly workFolder: string;
  readonly logFile: string;
  readonly launcher?: readonly string[];
  readonly nodeOptions?: readonly string[];
  /** Beside the variables that every script's process has, or instead of them. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onEvent: (event: StepEvent) => void;
  readonly onLine: (line: string) => void;
}): Promise<StepEnd> {
  await writeFile(options.requestFile, JSON.stringify(options.request), { mode: 0o600 });
  const { launcher = [], nodeOptions = [], environment = {} } = options;
  const node = [process.execPath, ...nodeOptions, ...nodeArguments(options.script)];
  const [program = process.execPath, ...args] = [...launcher, ...node];
  const child = startProgram(program, args, {
    cwd: options.workFolder,
    env: { ...scriptEnvironment(), ...environment, CIDERMILL_REQUEST: options.requestFile },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const end = (): void => void endGroup(child.pid);
  options.signal.addEventListener('abort', end, { once: true });
  if (options.signal.aborted) end();

  const log = createWriteStream(options.logFile, { flags: 'a' });
  // On a full disk: `finished` tells it when the script has ended.
  log.on('error', () => undefined);
  const tail: string[] = [];
  const notes: string[] = [];
  let failure: StepEnd['failure'];
  const keep = (line: string): void => {
    log.write(`${line}\n`);
    tail.push(line);
    if (tail.length > tailLines) tail.shift();
    options.onLine(line);
  };
  const take = (line: string): void => {
    const event = parseEvent(line);
    if (event === undefined) {
      keep(`[not an event on fd 3] ${line.slice(0, 200)}`);
      return;
    }
    if (event.type === 'note') notes.push(event.text);
    if (event.type === 'failure') failure = event;
    options.onEvent(event);
  };
  const streams = [
    eachLine(child.stdout as Readable, keep),
    eachLine(child.stderr as Readable, keep),
    eachLine(child.stdio[3] as Readable, take),
  ];
  child.stdin?.on('error', () => undefined);
  const { exitCode, signal } = await new Promise<Pick<StepEnd, 'exitCode' | 'signal'>>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, by) => resolve({ exitCode: code, signal: by }));
  });
  options.signal.removeEventListener('abort', end);
  // What the script left running would keep the pipes open and outlive its step.
  killGroup(child.pid, 'SIGKILL');
  await Promise.all(streams);
  log.end();
  await finished(log);
  return { exitCode, signal, notes, tail, ...(failure === undefined ? {} : { failure }) };
}

/** The built script where there is one, else the source through tsx. */
export function nodeArguments(script: string): string[] {
  const built = join(packageRoot, 'dist', 'scripts', basename(script, '.ts') + '.js');
  if (isBuilt && script.startsWith(join(packageRoot, 'scripts')) && existsSync(built)) return [built];
  const tsx = createRequire(import.meta.url).resolve('tsx');
  return ['--import', pathToFileURL(tsx).href, script];
}

/** What the script's own process sees of our environment: no tokens, no proxies, nothing of the user's. */
export function scriptEnvironment(): NodeJS.ProcessEnv {
  const { PATH, TMPDIR, COLUMNS } = process.env;
  return { PATH, TMPDIR, COLUMNS, NO_COLOR: '1', TZ: 'UTC', LC_ALL: 'C.UTF-8' };
}

function eachLine(stream: Readable, take: (line: string) => void): Promise<unknown> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on('line', take);
  return new Promise((resolve) => lines.once('close', resolve));
}

/** An event whose fields are what their type says: the script is not ours to trust. */
export function parseEvent(line: string): StepEvent | undefined {
  if (line.length > longestEvent) return undefined;
  let event: Record<string, unknown> | null;
  try {
    event = JSON.parse(line) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  const fields = event === null ? undefined : eventFields[event['type'] as StepEvent['type']];
  const fits = ([name, type]: [string, string]): boolean => {
    const [kind, optional] = type.split('?');
    return typeof event?.[name] === kind || (optional !== undefined && event?.[name] === undefined);
  };
  return fields !== undefined && Object.entries(fields).every(fits)
    ? (event as unknown as StepEvent)
    : undefined;
}

/** The fields of each event and their types; a "?" marks one that may be absent. */
const eventFields: Readonly<Partial<Record<StepEvent['type'], Readonly<Record<string, string>>>>> = {
  progress: { done: 'number', total: 'number?', unit: 'string', label: 'string?' },
  note: { text: 'string' },
  output: { name: 'string' },
  failure: { message: 'string', hint: 'string?' },
};

async function endGroup(pid: number | undefined): Promise<void> {
  killGroup(pid, 'SIGTERM');
  const { setTimeout: wait } = await import('node:timers/promises');
  await wait(grace);
  killGroup(pid, 'SIGKILL');
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group has ended already.
  }
}

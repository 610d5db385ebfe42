import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { packageOf } from '../../host/index.ts';
import { notStarted, startProgram } from '../../host/programs/start-program.ts';
import type { StepEvent } from '../../step/protocol.ts';
import { endStep, isRunning, newStepId, stepVariable } from './left-behind.ts';

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

/** How a step's process is started: where all that its script is told and shown lies ready. */
export interface StepCommand {
  /** Which becomes the script's process, or contains it, by exec: its group is ended by its number. */
  readonly command: readonly string[];
  /** Absolute: the process's first folder. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Does a sandbox contain it? */
  readonly sandboxed: boolean;
}

/**
 * Runs a step's script in a process group of its own, its standard output and error into the log, until none of its
 * processes is left. When `signal` aborts, all of them are ended within half a second.
 */
export async function runStepProcess(
  step: StepCommand,
  options: {
    readonly logFile: string;
    readonly signal: AbortSignal;
    readonly onEvent: (event: StepEvent) => void;
    readonly onLine: (line: string) => void;
  },
): Promise<StepEnd> {
  const id = newStepId();
  const [program = '', ...args] = step.command;
  const child = startProgram(program, args, {
    cwd: step.folder,
    env: { ...step.environment, [stepVariable]: id },
    // Events on 3; on 4 bubblewrap says which process is the first in its sandbox.
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
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
    if (!options.signal.aborted) options.onLine(line);
  };
  const take = (line: string): void => {
    const event = parseEvent(line);
    if (event === undefined) {
      keep(`[not an event on fd 3] ${line.slice(0, 200)}`);
      return;
    }
    if (event.type === 'ready') {
      // It waits for this before the script's first line: a process whose engine is gone gets none, and ends.
      child.stdin?.write('go\n');
      return;
    }
    if (event.type === 'note') notes.push(event.text);
    if (event.type === 'failure') failure = event;
    if (!options.signal.aborted) options.onEvent(event);
  };
  const streams = [
    eachLine(child.stdout as Readable, keep),
    eachLine(child.stderr as Readable, keep),
    eachLine(child.stdio[3] as Readable, take),
  ];
  const contained = step.sandboxed ? firstProcess(child.stdio[4] as Readable) : undefined;
  child.stdin?.on('error', () => undefined);
  const { exitCode, signal } = await new Promise<Pick<StepEnd, 'exitCode' | 'signal'>>((resolve, reject) => {
    child.once('error', (cause) => reject(notStarted(program, packageOf(program), cause)));
    child.once('exit', (code, by) => resolve({ exitCode: code, signal: by }));
  });
  options.signal.removeEventListener('abort', end);
  // What the script left running would keep the pipes open and outlive its step.
  killGroup(child.pid, 'SIGKILL');
  if (contained === undefined) await endStep(id);
  else await untilGone(await contained);
  await Promise.all(streams);
  log.end();
  await finished(log);
  return { exitCode, signal, notes, tail, ...(failure === undefined ? {} : { failure }) };
}

/** The number of a sandbox's first process, with which all others in it end; undefined when there never was one. */
async function firstProcess(info: Readable): Promise<number | undefined> {
  let text = '';
  for await (const chunk of info) text += String(chunk);
  const pid = /"child-pid": (\d+)/.exec(text)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Waits for a process that is about to end. The kernel ends its namespace's others before it. */
async function untilGone(pid: number | undefined): Promise<void> {
  while (pid !== undefined && isRunning(pid)) await pause(1);
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
  ready: {},
};

async function endGroup(pid: number | undefined): Promise<void> {
  killGroup(pid, 'SIGTERM');
  await pause(grace);
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

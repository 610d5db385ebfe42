import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** The environment variable that every process of a step carries: which step of which engine it is of. */
export const stepVariable = 'CIDERMILL_STEP';

/** Between two looks at what is still there, in milliseconds, and how many there are. */
const interval = 20;
const looks = 50;

/** A name for a step that no other step on this host has while it lives: `<process namespace>:<engine>:<its start>:<number>`. */
export function newStepId(): string {
  started += 1;
  return `${ownNamespace()}:${process.pid}:${startOf(process.pid) ?? 0}:${started}`;
}

let started = 0;

/** Does this process still run? One that has ended and is not yet waited for does not. */
export function isRunning(pid: number): boolean {
  const state = statFields(pid)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Ends what a step left running, wherever it hid: processes keep the environment that they were started with. */
export async function endStep(id: string): Promise<void> {
  // A tracer carries it too, and ends by itself with what it traces, when its log is whole.
  await endAll((of, pid) => of === id && readIfThere(`/proc/${pid}/comm`) !== 'strace\n');
}

/** Ends what the steps of engines left running that were killed. */
export async function endAbandonedSteps(): Promise<void> {
  const namespace = ownNamespace();
  await endAll((of) => {
    const [where, pid, start] = of.split(':');
    // An engine in another container may live though it is not seen here.
    return where === namespace && startOf(Number(pid)) !== start;
  });
}

async function endAll(isTheirs: (id: string, pid: number) => boolean): Promise<void> {
  for (let look = 0; look < looks; look++) {
    const found = stepProcesses().filter(({ id, pid }) => isTheirs(id, pid));
    if (found.length === 0) return;
    for (const { pid } of found) kill(pid);
    await pause(interval);
  }
}

/** Every process of this user that is a step's, with the step's id. */
function stepProcesses(): { readonly pid: number; readonly id: string }[] {
  const mark = `${stepVariable}=`;
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !isRunning(pid)) return [];
    const environment = readIfThere(`/proc/${pid}/environ`) ?? '';
    if (!environment.includes(mark)) return [];
    const id = environment.split('\0').find((variable) => variable.startsWith(mark));
    return id === undefined ? [] : [{ pid, id: id.slice(mark.length) }];
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, or is not ours to end.
  }
}

/** When a process was started, in ticks since the host was; undefined when it is gone. */
function startOf(pid: number): string | undefined {
  return statFields(pid)?.[19];
}

/** The fields of /proc/PID/stat after the program's name: the state is the first. */
function statFields(pid: number): string[] | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function ownNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return '0';
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

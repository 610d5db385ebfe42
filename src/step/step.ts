import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { ProcessOutput, type $ as shell } from 'zx';
import { Failure, FormatError } from '../base/index.ts';
import { shellInside, spawnInside } from './commands.ts';
import { send } from './events.ts';
import type { ParameterValue } from './protocol.ts';
import { readRequest } from './request.ts';

/** What a step's script works with. Paths are as the step's commands see them; relative ones are in the work folder for both. */
export interface Step {
  readonly name: string;
  /** zx's, in the step's environment. */
  readonly $: typeof shell;
  readonly sources: Named<string>;
  readonly inputs: Named<string>;
  readonly params: Parameters;
  /** How many jobs a build may run at once. */
  readonly jobs: number;
  /** Moves a file or folder (relative to the work folder) to where the declared output is expected. */
  readonly output: (name: string, path: string) => Promise<void>;
  /** How far the step is. `unit` is 'bytes' or a plural noun. */
  readonly progress: (done: number, total: number | undefined, unit: string, label?: string) => void;
  /** Says something a person will want to know, now and whenever the artifact is used again. */
  readonly note: (text: string) => void;
  /** Starts a program in the step's environment, for what `$` is too coarse for. */
  readonly spawn: (command: string, args: readonly string[], options?: SpawnOptions) => ChildProcess;
}

/** The parameters by name, read as the type the recipe declares. */
export interface Parameters {
  readonly text: (name: string) => string;
  readonly number: (name: string) => number;
  readonly flag: (name: string) => boolean;
  readonly list: (name: string) => readonly string[];
}

type Named<T> = Readonly<Record<string, T>>;

/** Reads the request and sets the process up as the script of a step. */
export async function step(): Promise<Step> {
  const request = readRequest();
  endWithEngine();
  process.umask(0o022);
  process.on('uncaughtException', fail);
  return Promise.resolve({
    name: request.step,
    $: shellInside(request),
    sources: strict('source', request.sources),
    inputs: strict('input', request.inputs),
    params: parameters(strict('parameter', request.parameters)),
    jobs: request.jobs,
    output: async (name, path) => {
      const declared = strict('output', request.outputs)[name] as string;
      const from = resolve(path);
      if (!from.startsWith(process.cwd() + sep) || !existsSync(from)) {
        throw new Failure('no-output', `${path}, given as the output "${name}", is not in the work folder`);
      }
      const to = join(request.outputFolder, declared);
      await mkdir(dirname(to), { recursive: true });
      await rename(from, to.endsWith('/') ? to.slice(0, -1) : to);
      send({ type: 'output', name });
    },
    progress: (done, total, unit, label) =>
      send({
        type: 'progress',
        done,
        unit,
        ...(total === undefined ? {} : { total }),
        ...(label === undefined ? {} : { label }),
      }),
    note: (text) => send({ type: 'note', text }),
    spawn: (command, args, options) => spawnInside(request, command, args, options),
  });
}

/** The engine holds the other end of stdin: when it is gone, however it went, the whole process group goes. */
function endWithEngine(): void {
  process.stdin.on('end', () => process.kill(-process.pid, 'SIGKILL'));
  process.stdin.resume();
  process.stdin.unref();
}

/** What the script let pass: told to the engine in words where it is foreseeable, with its stack in the log where it is a bug. */
function fail(error: unknown): void {
  if (error instanceof Failure) {
    send({
      type: 'failure',
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
    console.error(error.message);
  } else if (error instanceof FormatError) {
    send({ type: 'failure', message: error.message });
    console.error(error.message);
  } else if (error instanceof ProcessOutput) {
    const end = error.signal === null ? `exit code ${error.exitCode ?? 'unknown'}` : error.signal;
    send({ type: 'failure', message: `a command ended with ${end}` });
  } else {
    send({
      type: 'failure',
      message: `the script failed: ${error instanceof Error ? error.message : String(error)}`,
    });
    console.error(error);
  }
  process.exit(1);
}

/** A record that throws on a name the recipe does not declare, instead of giving undefined to a command line. */
function strict<T>(what: string, record: Named<T>): Named<T> {
  return new Proxy(record, {
    get(target, name) {
      if (typeof name !== 'string' || Object.hasOwn(target, name))
        return Reflect.get(target, name) as unknown;
      throw new Failure(
        'undeclared',
        `the script uses the ${what} "${name}", which its recipe does not declare`,
      );
    },
  });
}

function parameters(values: Named<ParameterValue>): Parameters {
  const get = <T extends ParameterValue>(
    name: string,
    is: (value: ParameterValue) => value is T,
    type: string,
  ): T => {
    const value = values[name] as ParameterValue;
    if (is(value)) return value;
    throw new Failure(
      'parameter-type',
      `the script reads the parameter "${name}" as ${type}, but it has another type`,
    );
  };
  return {
    text: (name) => get(name, (value) => typeof value === 'string', 'text'),
    number: (name) => get(name, (value) => typeof value === 'number', 'a number'),
    flag: (name) => get(name, (value) => typeof value === 'boolean', 'true or false'),
    list: (name) => get(name, (value): value is readonly string[] => Array.isArray(value), 'a list'),
  };
}

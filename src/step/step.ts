import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { $ as shell } from 'zx';
import { Failure } from '../base/index.ts';
import { shellInside, spawnInside } from './commands.ts';
import { declared, parameterReaders, type Parameters } from './declared.ts';
import { send } from './events.ts';
import type { StepRequest } from './protocol.ts';
import { readRequest } from './request.ts';

/** What a step's script works with. Its commands see every path as the script does. */
export interface Step extends Parameters {
  readonly name: string;
  /** zx's, in the step's environment. */
  readonly $: typeof shell;
  /** The path of a source's file or folder. */
  readonly source: (name: string) => string;
  /** The path of an input's file or folder. */
  readonly input: (name: string) => string;
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

/** The work folder: the current one, until the script chooses another. */
const start = process.cwd();

/** What the engine asks of this process. @throws Failure when the script was not started by cidermill */
export async function step(): Promise<Step> {
  const request = readRequest();
  return Promise.resolve({
    name: request.step,
    $: shellInside(request),
    source: (name) => declared('source', request.sources, name),
    input: (name) => declared('input', request.inputs, name),
    ...parameterReaders(request.parameters),
    jobs: request.jobs,
    output: (name, path) => putOutput(request, name, path),
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

async function putOutput(request: StepRequest, name: string, path: string): Promise<void> {
  const place = declared('output', request.outputs, name);
  const inWork = relative(start, resolve(path));
  const from = join(request.workFolder, inWork);
  if (inWork === '' || inWork === '..' || inWork.startsWith(`..${sep}`) || !existsSync(from)) {
    throw new Failure('no-output', `${path}, given as the output "${name}", is not in the work folder`);
  }
  const to = join(request.outputFolder, place);
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to.endsWith('/') ? to.slice(0, -1) : to);
  send({ type: 'output', name });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import type { Plan } from '../../recipe/index.ts';
import { openMemo, openSession, temporaryFolder, type Store } from '../../store/index.ts';
import type { UntimedEvent } from '../context.ts';
import { preparedStep } from '../rebuild/stored-steps.ts';
import type { StepSources } from '../sources/step-sources.ts';
import { gather, type Gathered } from '../step/gather.ts';
import { hostEnvironment, sandboxCommand, sandboxView, standardSandbox, type View } from '../step/sandbox.ts';

export interface ShellOptions {
  readonly store: Store;
  readonly plan: Plan;
  readonly sources: StepSources;
  readonly step: string;
  /** What is run there; none for a shell. */
  readonly command: readonly string[];
  readonly offline: boolean;
  readonly onHost: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: UntimedEvent) => void;
  /** Called before it starts, with what is to be seen from inside. */
  readonly onReady: (place: ShellPlace) => void;
}

/** What there is where a step's commands run; paths as they are seen there. */
export interface ShellPlace extends View {
  /** The first folder, empty as a step finds it; it goes with the shell. */
  readonly folder: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly sandboxed: boolean;
}

/**
 * Runs a command, or a shell, where the commands of a step would run: with its buildroot, its sources and inputs, no
 * network, in a folder of its own. Nothing of it enters the store's artifacts.
 * @returns the command's exit code; 128 and the signal's number where one ended it
 * @throws Failure 'not-made' when a step before it is not in the store; 'usage' for a step that runs no commands
 */
export async function openShell(options: ShellOptions): Promise<number> {
  const { store, plan, signal, onEvent: emit } = options;
  const prepared = await preparedStep({ ...options, facts: openMemo(store, 'facts') }, options.step);
  const { action, done } = prepared;
  if (action.environment.kind === 'none')
    throw new Failure(
      'usage',
      `the step ${options.step} starts no commands: there is nowhere to open a shell`,
      {
        hint: `\`cidermill show ${plan.pipeline}\` lists the steps.`,
      },
    );
  const session = await openSession(store);
  try {
    const folder = join(temporaryFolder(store, 'shell'), 'step');
    for (const name of ['build', 'out']) mkdirSync(join(folder, name), { recursive: true });
    const gathered = await gather({ ...options, emit }, prepared, done);
    const work = gathered.sandboxed ? standardSandbox.build : join(folder, 'build');
    const view = gathered.sandboxed ? sandboxView(gathered) : gathered;
    options.onReady({
      ...view,
      folder: work,
      outputs: action.outputs,
      parameters: action.parameters,
      sandboxed: gathered.sandboxed,
    });
    const child = start(gathered, folder, options.command);
    const stop = (): void => void child.kill();
    signal.addEventListener('abort', stop, { once: true });
    const [code, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    signal.removeEventListener('abort', stop);
    return code ?? (by === 'SIGINT' ? 130 : 143);
  } finally {
    await session.release();
  }
}

function start(gathered: Gathered, folder: string, command: readonly string[]): ReturnType<typeof spawn> {
  const { TERM } = process.env;
  const terminal = TERM === undefined ? {} : { TERM };
  if (!gathered.sandboxed) {
    const build = join(folder, 'build');
    const [program = shellOf('/'), ...args] = command;
    return spawn(program, args, {
      cwd: build,
      env: { ...hostEnvironment(build), ...terminal },
      stdio: 'inherit',
    });
  }
  const shown = { ...gathered, stepFolder: folder, files: [] };
  const environment = { ...standardSandbox.environment, ...terminal };
  const [bwrap = '', ...args] = sandboxCommand(shown, { ...standardSandbox, environment }).filter(
    // The terminal is the user's, and so is what is typed: without it, there is no job control.
    (word) => word !== '--new-session' || command.length > 0,
  );
  const inside = command.length > 0 ? command : [shellOf(gathered.root ?? '/')];
  return spawn(bwrap, [...args, ...inside], { env: { PATH: process.env['PATH'] }, stdio: 'inherit' });
}

function shellOf(root: string): string {
  return existsSync(join(root, 'bin/bash')) ? '/bin/bash' : '/bin/sh';
}

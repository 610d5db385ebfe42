import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../host/index.ts';
import { protocolVersion, type StepRequest } from '../../step/protocol.ts';
import type { Action } from '../../store/index.ts';
import type { Gathered } from './gather.ts';
import type { ReadyScript } from '../script/ready-script.ts';
import { endsWithEngine } from './host-process.ts';
import { nodeRuntime } from './node-runtime.ts';
import {
  hostEnvironment,
  privateFolder,
  sandboxCommand,
  sandboxView,
  standardSandbox,
  stepFolder,
  type Sandbox,
  type Shown,
} from './sandbox.ts';
import type { StepCommand } from './step-process.ts';

/** Where and how a step runs. */
export interface Workplace {
  /** Absolute: the folder with build/ and out/ in it, as the step's process sees it on the host. */
  readonly folder: string;
  /** The same folder, for who is not the step: another path where it is mounted for the step alone. */
  readonly real: string;
  readonly jobs: number;
  /** Of a sandboxed step; else the one that every run has. */
  readonly sandbox?: Sandbox;
  /** Of commands on the host: what starts them, and their environment; else nothing, and the one that every run has. */
  readonly onHost?: {
    readonly launcher: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
  };
  /** What starts the process, and becomes it by exec. */
  readonly launcher?: readonly string[];
  /** Does the launcher watch the step's processes, and outlive them? */
  readonly watched?: boolean;
  readonly nodeOptions?: readonly string[];
  /** Of the script's own process, beside or instead of what every one has. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What every script's process has: no tokens, no proxies, nothing of the user's. */
const scriptEnvironment = { NO_COLOR: '1', TZ: 'UTC', LC_ALL: 'C.UTF-8' };

/** Writes what a step's script is told into its folder, and says how its process is started. */
export function stepCommand(
  step: string,
  action: Action,
  gathered: Gathered,
  script: ReadyScript,
  place: Workplace,
): StepCommand {
  const { request, ...command } = gathered.sandboxed
    ? inSandbox(step, action, gathered, script, place)
    : onHost(step, action, gathered, script, place);
  writeFileSync(join(place.real, 'request.json'), JSON.stringify(request), { mode: 0o600 });
  return command;
}

type Told = StepCommand & { readonly request: StepRequest };

function inSandbox(
  step: string,
  action: Action,
  gathered: Gathered,
  script: ReadyScript,
  place: Workplace,
): Told {
  const { jobs, sandbox = standardSandbox, launcher = [], nodeOptions = [] } = place;
  const runtime = nodeRuntime(privateFolder);
  const request: StepRequest = {
    ...common(step, action, jobs),
    ...sandboxView(gathered, sandbox),
    workFolder: `${stepFolder}/build`,
    outputFolder: `${stepFolder}/out`,
    commandPrefix: gathered.root === undefined ? null : sandbox.launcher,
    commandEnvironment: sandbox.environment,
  };
  const environment = {
    ...standardSandbox.environment,
    ...scriptEnvironment,
    HOME: sandbox.build,
    TMPDIR: '/tmp',
    ...place.environment,
    CIDERMILL_REQUEST: `${stepFolder}/request.json`,
  };
  const files = [...runtime.files, ...script.shown(privateFolder)];
  const shown: Shown = { ...gathered, stepFolder: place.folder, files };
  const [bwrap = '', ...args] = sandboxCommand(shown, { ...sandbox, environment });
  return {
    command: [
      ...[...launcher, bwrap, '--info-fd', '4', ...args],
      ...[...runtime.command, ...nodeOptions, ...script.arguments(privateFolder)],
    ],
    folder: join(place.real, 'build'),
    // Bubblewrap's own; what runs inside could read it.
    environment: { PATH: process.env['PATH'] },
    sandboxed: true,
    request,
  };
}

function onHost(
  step: string,
  action: Action,
  gathered: Gathered,
  script: ReadyScript,
  place: Workplace,
): Told {
  const { folder, jobs, launcher = [], watched = false, nodeOptions = [] } = place;
  const [workFolder, outputFolder] = [join(folder, 'build'), join(folder, 'out')];
  const { sources, inputs } = gathered;
  const request: StepRequest = {
    ...common(step, action, jobs),
    sources,
    inputs,
    workFolder,
    outputFolder,
    commandPrefix: action.environment.kind === 'host' ? (place.onHost?.launcher ?? []) : null,
    commandEnvironment: place.onHost?.environment ?? hostEnvironment(workFolder),
  };
  const { PATH, TMPDIR } = process.env;
  return {
    command: [
      ...endsWithEngine(watched),
      ...launcher,
      ...[process.execPath, ...nodeOptions, ...script.arguments(packageRoot)],
    ],
    folder: join(place.real, 'build'),
    environment: {
      PATH,
      TMPDIR,
      ...scriptEnvironment,
      ...place.environment,
      CIDERMILL_REQUEST: join(folder, 'request.json'),
    },
    sandboxed: false,
    request,
  };
}

function common(
  step: string,
  action: Action,
  jobs: number,
): Pick<StepRequest, 'protocol' | 'step' | 'parameters' | 'outputs' | 'jobs'> {
  return { protocol: protocolVersion, step, parameters: action.parameters, outputs: action.outputs, jobs };
}

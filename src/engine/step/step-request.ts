import { protocolVersion, type StepRequest } from '../../step/protocol.ts';
import type { Gathered } from './gather.ts';
import { hostEnvironment, sandboxPrefix, sandboxView, standardSandbox, type Sandbox } from './sandbox.ts';
import type { Action } from '../../store/index.ts';

/** Where and how a step runs. */
export interface Workplace {
  /** Absolute; the script's current folder and its commands'. */
  readonly workFolder: string;
  /** Absolute, on the same file system. */
  readonly outputFolder: string;
  readonly jobs: number;
  /** Of commands in a buildroot; else the one that every run has. */
  readonly sandbox?: Sandbox;
  /** Of commands on the host: what starts them, and their environment; else nothing, and the one that every run has. */
  readonly onHost?: {
    readonly launcher: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
  };
}

/** What a step's script is told. */
export function stepRequest(step: string, action: Action, gathered: Gathered, place: Workplace): StepRequest {
  const { root, sources, inputs } = gathered;
  const { workFolder, outputFolder, jobs, sandbox = standardSandbox, onHost } = place;
  const inside = action.environment.kind === 'buildroot';
  return {
    protocol: protocolVersion,
    step,
    parameters: action.parameters,
    ...(inside ? sandboxView(gathered, sandbox) : { sources, inputs }),
    outputs: action.outputs,
    outputFolder,
    jobs,
    commandPrefix:
      root !== undefined
        ? sandboxPrefix(root, workFolder, gathered, sandbox)
        : action.environment.kind === 'host'
          ? (onHost?.launcher ?? [])
          : null,
    // Inside, bubblewrap sets the sandbox's own; this one is what bubblewrap itself starts with.
    commandEnvironment: inside
      ? standardSandbox.environment
      : (onHost?.environment ?? hostEnvironment(workFolder)),
  };
}

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readyScript } from '../../src/engine/script/ready-script.ts';
import { privateFolder } from '../../src/engine/step/sandbox.ts';
import { stepCommand } from '../../src/engine/step/step-command.ts';
import { runStepProcess } from '../../src/engine/step/step-process.ts';
import { packageRoot as root } from '../../src/host/index.ts';
import type { StepEvent, StepRequest } from '../../src/step/index.ts';
import type { Action } from '../../src/store/index.ts';
import { temporaryFolder } from './guests.ts';

export { root };
export const firmware = '/usr/share/seabios/bios-256k.bin';

export interface Ran {
  readonly code: number | null;
  readonly outputs: string;
  readonly events: readonly StepEvent[];
  readonly log: string;
}

/** Runs a step's script as the engine does, in a sandbox that has this host's programs for its buildroot. */
export async function runScript(
  name: string,
  request: Pick<StepRequest, 'parameters' | 'sources' | 'inputs' | 'outputs'>,
): Promise<Ran> {
  const [home, folder] = [temporaryFolder(), temporaryFolder()];
  for (const part of ['build', 'out']) mkdirSync(join(folder, part));
  const { parameters, sources, inputs, outputs } = request;
  const place = { root, script: `scripts/${name}.ts`, files: [] };
  const script = await readyScript(place, home, privateFolder);
  const action: Action = {
    keyVersion: 0,
    protocol: 0,
    platform: '',
    script: place.script,
    ...script.closure,
    parameters,
    sources: {},
    inputs: {},
    environment: { kind: 'buildroot', root: '' },
    outputs,
  };
  const gathered = { sources, inputs, root: '/', sandboxed: true };
  const command = stepCommand(name, action, gathered, script, { folder, real: folder, jobs: 2 });
  const events: StepEvent[] = [];
  const logFile = join(home, 'log');
  const { exitCode } = await runStepProcess(command, {
    logFile,
    signal: new AbortController().signal,
    onEvent: (event) => void events.push(event),
    onLine: () => undefined,
  });
  return { code: exitCode, outputs: join(folder, 'out'), events, log: readFileSync(logFile, 'utf8') };
}

/** This host's QEMU in the layout of the qemu recipe's output. */
export function hostQemu(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'share'));
  symlinkSync('/usr/share/qemu', join(folder, 'share/qemu'));
  for (const program of ['qemu-img', 'qemu-system-x86_64']) {
    symlinkSync(execFileSync('which', [program], { encoding: 'utf8' }).trim(), join(folder, 'bin', program));
  }
  return folder;
}

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { protocolVersion, type StepEvent, type StepRequest } from '../../src/step/index.ts';
import { temporaryFolder } from './guests.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const firmware = '/usr/share/seabios/bios-256k.bin';

export interface Ran {
  readonly code: number | null;
  readonly outputs: string;
  readonly events: readonly StepEvent[];
  readonly log: string;
}

/** Runs a step's script as the engine does, its commands in a sandbox that shows this host's files. */
export async function runScript(
  name: string,
  request: Pick<StepRequest, 'parameters' | 'sources' | 'inputs' | 'outputs'>,
): Promise<Ran> {
  const folder = temporaryFolder();
  const [work, outputs] = [join(folder, 'build'), join(folder, 'outputs')];
  mkdirSync(work);
  mkdirSync(outputs);
  // As in the engine's sandbox nothing can be written to but /tmp and the work folder.
  const shown = [...Object.values(request.sources), ...Object.values(request.inputs)];
  const sandbox = [
    ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...shown.flatMap((path) => ['--ro-bind', path, path]),
    ...['--bind', work, work, '--chdir', work, '--unshare-all', '--die-with-parent'],
  ];
  const whole: StepRequest = {
    ...request,
    protocol: protocolVersion,
    step: name,
    outputFolder: outputs,
    jobs: 2,
    commandPrefix: ['bwrap', ...sandbox, '--'],
    commandEnvironment: { PATH: '/usr/bin:/bin', SOURCE_DATE_EPOCH: '0' },
  };
  const requestFile = join(folder, 'request.json');
  writeFileSync(requestFile, JSON.stringify(whole));
  const tsx = import.meta.resolve('tsx');
  const child = spawn(process.execPath, ['--import', tsx, join(root, 'scripts', `${name}.ts`)], {
    cwd: work,
    env: { ...process.env, CIDERMILL_REQUEST: requestFile },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const events: StepEvent[] = [];
  createInterface(child.stdio[3] as Readable).on('line', (line) =>
    events.push(JSON.parse(line) as StepEvent),
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, outputs, events, log };
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

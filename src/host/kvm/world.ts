import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** The machine whose KVM is looked at and changed: this one, or what a folder and a function make up. */
export interface KernelWorld {
  /** What stands for "/": its proc, sys, dev, lib/modules, run and etc are looked into. */
  readonly root: string;
  /** The user's number: 0 may load modules. */
  readonly user: number;
  /** Runs a command to its end; the first word is the program. */
  run(command: readonly string[]): Promise<Ended>;
}

export interface Ended {
  /** 127 when there is no such program. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** This machine. @param root another folder instead of "/", laid out like it */
export function thisWorld(root = '/'): KernelWorld {
  return { root, user: process.getuid?.() ?? -1, run };
}

async function run([program = '', ...args]: readonly string[]): Promise<Ended> {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: path },
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => (said[name] += chunk.toString('utf8')));
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? 128, ...said };
  } catch (error) {
    return { code: 127, stdout: '', stderr: (error as Error).message };
  }
}

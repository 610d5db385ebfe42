import { Failure } from '../../base/index.ts';
import { run } from '../programs/program.ts';

/** Of a command, in milliseconds: modprobe waits for a module's start. */
const patience = 120_000;

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
  return { root, user: process.getuid?.() ?? -1, run: carryOut };
}

async function carryOut([program = '', ...args]: readonly string[]): Promise<Ended> {
  const environment = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  try {
    const { exitCode, stdout, stderr } = await run(program, args, { environment, timeout: patience });
    return { code: exitCode, stdout, stderr };
  } catch (error) {
    const code = error instanceof Failure && error.code === 'no-program' ? 127 : 128;
    return { code, stdout: '', stderr: (error as Error).message };
  }
}

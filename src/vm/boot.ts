import { join } from 'node:path';
import { Failure } from '../base/index.ts';
import { describeStep, type BootStep } from './watch/boot-step.ts';
import { BootFailure, type Sighting } from './watch/boot-failure.ts';
import { perform } from './screen/perform.ts';
import { LineLog } from './process/line-log.ts';
import type { Milestone, Reached } from './watch/milestones.ts';
import { QemuProcess, type Spawn } from './process/qemu-process.ts';
import { QmpSession } from './process/qmp.ts';
import { takeScreenshot } from './screen/screenshot.ts';
import { SerialFile } from './process/serial-file.ts';
import { readTextScreen } from './screen/text-screen.ts';
import { watch, type WatchResult } from './watch/watch.ts';

/** A boot to be proved: a machine, what must be seen, and how the guest says that all is well. */
export interface BootRequest {
  readonly spawn: Spawn;
  /** The program, and the arguments that make the machine (smoke-machine.ts); the wiring for watching it is added. */
  readonly command: string;
  readonly args: readonly string[];
  /** QEMU's working folder as this process sees it; files that QEMU writes lie here, by relative names. */
  readonly folder: string;
  /** What must be seen, in this order, and what is to be done between it. */
  readonly milestones: readonly BootStep[];
  /** What the guest writes when it knows that the rest will not come; any of them ends the wait before the deadline. */
  readonly givesUp?: readonly Omit<Milestone, 'name'>[];
  /** Does the firmware draw its text, so that the text screen says nothing? It is on the serial line then. */
  readonly drawsText?: boolean;
  /** For everything from the start to the guest's end, in milliseconds. */
  readonly milliseconds: number;
  /** A file name for a PNG of the screen after the last milestone; none is taken without it. */
  readonly screenshot?: string;
  /**
   * How the guest itself ends QEMU: `release` lets it go on when its screen has been taken, `code` is the one exit
   * status that means success. Without it QEMU is told to quit after the last milestone.
   */
  readonly exit?: { readonly code: number; release(qmp: QmpSession): Promise<void> };
  readonly signal?: AbortSignal;
  readonly onReached?: (reached: Reached) => void;
}

/** A boot that proved itself: every milestone, in order, and the exit code. */
export interface BootResult {
  readonly reached: readonly Reached[];
  /** After the last milestone: 25 lines, or none where the firmware draws its text. */
  readonly screen: readonly string[];
  readonly screenshot?: { readonly width: number; readonly height: number };
  readonly console: readonly string[];
  readonly serial: readonly string[];
}

const socketName = 'qmp.sock';
const serialName = 'serial.out';

/** The arguments by which the machine is watched: QMP, debug console on standard output, serial line in a file. */
const wiring = [
  // Stopped until the session is open.
  ...['-display', 'none', '-S'],
  ...['-chardev', `socket,id=qmp,path=${socketName},server=on,wait=off`, '-mon', 'chardev=qmp,mode=control'],
  ...['-chardev', 'stdio,id=console,signal=off', '-device', 'isa-debugcon,iobase=0xe9,chardev=console'],
  ...['-chardev', `file,id=serial,path=${serialName}`, '-serial', 'chardev:serial'],
];

/**
 * Boots a machine and waits for its milestones. QEMU is gone when this returns or throws.
 * @throws BootFailure that names the milestone which did not come, and shows what was seen
 */
export async function boot(request: BootRequest): Promise<BootResult> {
  request.signal?.throwIfAborted();
  const started = performance.now();
  const reached: Reached[] = [];
  let acted = 0;
  const serial = new LineLog({ isTerminal: request.drawsText === true });
  const serialFile = new SerialFile(join(request.folder, serialName), serial);
  const clock = new AbortController();
  const signal = request.signal ? AbortSignal.any([clock.signal, request.signal]) : clock.signal;

  const qemu = new QemuProcess(request.spawn, request.command, [...request.args, ...wiring], request.folder);
  const timer = setTimeout(() => clock.abort(), request.milliseconds);
  let qmp: QmpSession | undefined;
  try {
    qmp = await openQmp(qemu, join(request.folder, socketName), signal);
    await qmp.execute('cont', {}, { signal });
    const verdict = await see(qemu, qmp);
    if (verdict.kind !== 'all-seen') throw await failure(verdict);
    const picture = await capture(qmp);
    await letGo(qemu, qmp);
    await serialFile.read();
    return { reached, ...picture, console: qemu.console.all(), serial: serial.all() };
  } catch (error) {
    throw await explain(error);
  } finally {
    clearTimeout(timer);
    qmp?.close();
    await qemu.kill();
  }

  function see(machine: QemuProcess, session: QmpSession): Promise<WatchResult> {
    return watch(
      {
        console: machine.console,
        serial,
        readSerial: () => serialFile.read(),
        readScreen: () => readTextScreen(session, request.folder, { signal }),
        readDisplay: () => takeScreenshot(session, request.folder, 'display.png', { signal }),
        ended: () => machine.ended,
      },
      request.milestones,
      async (action) => {
        await perform(session, request.folder, action, { signal });
        acted++;
      },
      request.givesUp ?? [],
      (seen) => {
        const entry = { ...seen, milliseconds: Math.round(performance.now() - started) };
        reached.push(entry);
        request.onReached?.(entry);
      },
      signal,
    );
  }

  /** The machine stands still meanwhile, so that both pictures show the same moment. */
  async function capture(session: QmpSession): Promise<Pick<BootResult, 'screen' | 'screenshot'>> {
    await session.execute('stop', {}, { signal });
    const screen =
      request.drawsText === true ? [] : await readTextScreen(session, request.folder, { signal });
    const screenshot =
      request.screenshot === undefined
        ? undefined
        : await takeScreenshot(session, request.folder, request.screenshot, { signal });
    await session.execute('cont', {}, { signal });
    return { screen, ...(screenshot && { screenshot }) };
  }

  async function letGo(machine: QemuProcess, session: QmpSession): Promise<void> {
    if (request.exit === undefined) return;
    await request.exit.release(session).catch((error: unknown) => {
      // The guest may end QEMU before the reply to the very command that lets it go; its exit code tells the rest.
      if (!(error instanceof Failure) || error.code !== 'qmp-closed') throw error;
    });
    await endOf(machine, signal);
    if (machine.outcome === request.exit.code) return;
    throw new BootFailure(
      'wrong-exit-code',
      `every milestone was seen, but QEMU ended with ${outcome(machine)}, not with exit code ${request.exit.code}`,
      await sighting(),
    );
  }

  async function failure(verdict: Exclude<WatchResult, { kind: 'all-seen' }>): Promise<BootFailure> {
    const what = `${describeStep(verdict.missing)} did not come`;
    return verdict.kind === 'gave-up'
      ? new BootFailure('guest-gave-up', `${what}; the guest says "${verdict.said}"`, await sighting())
      : new BootFailure('qemu-ended', `${what}; QEMU ended with ${outcome(qemu)}`, await sighting());
  }

  /** Turns what ended the boot into a failure that says which milestone it was waiting for. */
  async function explain(error: unknown): Promise<unknown> {
    if (error instanceof BootFailure || request.signal?.aborted === true) return error;
    const missing = request.milestones[reached.length + acted];
    const waiting = missing === undefined ? 'the end of the guest' : describeStep(missing);
    if (clock.signal.aborted) {
      const seconds = request.milliseconds / 1000;
      return new BootFailure('boot-timeout', `${waiting} did not come within ${seconds} s`, await sighting());
    }
    if (!(error instanceof Failure) || error.code === 'qemu-not-started') return error;
    // QEMU's end is often first noticed by the session that breaks.
    if (error.code === 'qmp-closed') await Promise.race([qemu.end, settle()]);
    if (qemu.ended) {
      return new BootFailure(
        'qemu-ended',
        `${waiting} did not come; QEMU ended with ${outcome(qemu)}`,
        await sighting(),
        error,
      );
    }
    return new BootFailure(error.code, `${waiting} did not come: ${error.message}`, await sighting(), error);
  }

  async function sighting(): Promise<Sighting> {
    await serialFile.read();
    const readable = !qemu.ended && request.drawsText !== true;
    const screen = readable ? await lastScreen(qmp, request.folder) : undefined;
    return {
      reached: [...reached],
      console: qemu.console.all(),
      serial: serial.all(),
      ...(screen && { screen }),
      errors: qemu.errors.all(),
    };
  }
}

/** Connects to QEMU, or fails at once when it ends before. */
async function openQmp(qemu: QemuProcess, path: string, signal: AbortSignal): Promise<QmpSession> {
  const over = new AbortController();
  const ended = (): void =>
    over.abort(new Failure('qmp-closed', 'QEMU ended before it accepted a connection'));
  qemu.end.then(ended, (cause: unknown) => over.abort(cause));
  return QmpSession.open(path, { signal: AbortSignal.any([signal, over.signal]) });
}

async function endOf(qemu: QemuProcess, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    qemu.end.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** For the report only: a guest that cannot be looked at any more has no screen. */
async function lastScreen(qmp: QmpSession | undefined, folder: string): Promise<string[] | undefined> {
  try {
    return qmp && (await readTextScreen(qmp, folder, { milliseconds: 2000 }));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000).unref());
}

function outcome(qemu: QemuProcess): string {
  return typeof qemu.outcome === 'number' ? `exit code ${qemu.outcome}` : (qemu.outcome ?? 'no exit code');
}

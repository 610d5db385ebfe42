import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { parseOskReference, resolveOsk, type HostFacts, type OskReference } from '../../host/index.ts';
import {
  boot,
  driveLoader,
  runGuest,
  smcConfiguration,
  withSecret,
  type LoaderDrive,
} from '../../vm/index.ts';
import { exitCodes } from '../exit.ts';

/** A QEMU to be started with a user's key. */
export interface Start {
  readonly command: string;
  readonly args: readonly string[];
  readonly key: Key;
  /** What is done in the loader's menu; undefined: nothing. */
  readonly loader?: LoaderDrive | undefined;
  /** Does the firmware draw its text? */
  readonly drawsText: boolean;
  readonly signal: AbortSignal;
}

/** How long a loader may take to come through its menu, on a slow machine too. */
const menuSeconds = 300;

interface Key {
  readonly reference: OskReference;
  readonly osk: string;
}

/** The key that a reference leads to. @throws Failure when none is given, and what resolveOsk throws */
export async function followReference(given: string | undefined, host: HostFacts): Promise<Key> {
  const text = given ?? process.env['CIDERMILL_OSK'];
  if (text === undefined || text === '')
    throw new Failure('usage', 'OS X starts only when the SMC has its key, and no key was given', {
      hint: '--osk env:NAME, --osk file:PATH, or on a Mac that runs Linux --osk smc.',
    });
  const reference = parseOskReference(text, given === undefined ? 'CIDERMILL_OSK' : undefined);
  return { reference, osk: await resolveOsk(reference, host) };
}

/** Runs the guest on this terminal. @returns the exit code for this process */
export async function runHere({ command, args, key, loader, signal }: Start): Promise<number> {
  const secret = smcConfiguration(key.osk);
  const folder = await mkdtemp(join(tmpdir(), 'cidermill-boot-'));
  const socket = join(folder, 'qmp.sock');
  const watched =
    loader === undefined
      ? []
      : [
          '-chardev',
          `socket,id=loader,path=${socket},server=on,wait=off`,
          '-mon',
          'chardev=loader,mode=control',
        ];
  try {
    const status = await runGuest({
      command,
      args: [...args, ...watched],
      secret,
      env: environmentFor(key),
      signal,
      beside: loader && ((ended) => drive(socket, folder, loader, ended)),
    });
    return signal.aborted ? exitCodes.interrupted : status;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Drives the loader's menu beside the guest, which goes on whatever comes of it. */
async function drive(socket: string, folder: string, loader: LoaderDrive, ended: AbortSignal): Promise<void> {
  const inTime = AbortSignal.any([ended, AbortSignal.timeout(menuSeconds * 1000)]);
  try {
    await driveLoader(socket, folder, loader, inTime);
  } catch (error) {
    if (ended.aborted) return;
    const why = inTime.aborted
      ? `cidermill could not finish there within ${menuSeconds} s`
      : (error as Error).message;
    console.error(`note: choose in the loader's menu yourself: ${why}`);
  }
}

/**
 * Runs the guest unseen until a text stands where it is looked for, and ends it.
 * @param text "serial:…", "screen:…" or "console:…"; the serial line where none is named
 * @param seconds how long it may take
 */
export async function runUntil(
  text: string,
  seconds: number,
  { command, args, key, loader, drawsText, signal }: Start,
): Promise<void> {
  const [, where = 'serial', pattern = text] = /^(serial|screen|console):(.*)$/s.exec(text) ?? [];
  if (drawsText && where === 'screen')
    throw new Failure('usage', 'OVMF draws its text, which cannot be read from the screen', {
      hint: 'It writes the same to the serial line: --wait-for TEXT.',
    });
  const folder = await mkdtemp(join(tmpdir(), 'cidermill-boot-'));
  try {
    const { reached } = await withSecret(smcConfiguration(key.osk), environmentFor(key), (spawn) =>
      boot({
        spawn,
        command,
        args,
        folder,
        milestones: [
          ...(loader?.steps ?? []),
          { name: 'text', where: where as 'serial' | 'screen' | 'console', pattern },
        ],
        givesUp: loader?.givesUp ?? [],
        drawsText,
        milliseconds: seconds * 1000,
        signal,
      }),
    );
    for (const { seen, milliseconds } of reached.slice(-1))
      console.log(`${where}, after ${(milliseconds / 1000).toFixed(1)} s: ${seen.trimEnd()}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** QEMU's environment: this one's, without the variable that has the key. */
function environmentFor({ reference }: Key): NodeJS.ProcessEnv {
  const env = { ...process.env };
  if (reference.kind === 'env') Reflect.deleteProperty(env, reference.name);
  return env;
}

// @ts-check
// Keeps the caller's open files from everything that is started: a shell that holds a lock has its descriptor open, and
// one that is open on a folder leads out of any sandbox.
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { argv, env } from 'node:process';

/** As the flags of a descriptor in /proc/self/fdinfo have it: all that Node opens itself is marked so. */
const closeOnExec = 0o2000000;

/** Closes what this process was given beside standard input, output and error. */
export async function closeInherited() {
  const inherited = inheritedDescriptors();
  if (inherited.length === 0) return;
  const { spawn } = await import('node:child_process');
  argv.forEach((argument, index) => {
    const [, number] = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(argument) ?? [];
    if (number === undefined || !inherited.includes(Number(number))) return;
    argv[index] = `/dev/fd/${openSync(`/proc/self/fd/${number}`, 'r')}`;
  });
  // A lock that is held by one of them is held as long as this process lives, whose end ends this one's input.
  // It is given no other variable: the user's key may be one.
  const keeper = spawn('cat', {
    env: { PATH: env['PATH'] },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  keeper.on('error', () => undefined);
  keeper.unref();
  /** @type {import('node:net').Socket} */ (keeper.stdin).unref();
  for (const descriptor of inherited) closeSync(descriptor);
}

/** @returns {number[]} empty where there is no /proc */
function inheritedDescriptors() {
  try {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .filter((descriptor) => descriptor > 2 && String(descriptor) !== env['NODE_CHANNEL_FD'])
      .filter((descriptor) => isInherited(descriptor));
  } catch {
    return [];
  }
}

/** @param {number} descriptor */
function isInherited(descriptor) {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // The one that the folder was read by is closed again.
    return false;
  }
}

import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/host/index.ts';
import type { Ended, TestProject } from './project.ts';

/** What a shell script on a small disk said, and how full the disk was afterwards. */
export interface OnSmallDisk extends Ended {
  /** Files below `tmp/` of the store, and unfinished ones beside outputs. */
  readonly left: readonly string[];
}

/**
 * Runs a shell script with a tmpfs of that size at `disk/` of the project, in a mount namespace of its own, which goes
 * with all that is on it. `cidermill` is the command line, with the store on that disk; `fill [BYTES]` fills it, but for
 * as many bytes.
 */
export async function onSmallDisk(project: TestProject, size: string, script: string): Promise<OnSmallDisk> {
  const disk = join(project.root, 'disk');
  mkdirSync(disk, { recursive: true });
  const whole = `mount -t tmpfs -o size=${size} none ${disk} || exit 99
cidermill() { timeout -k 1 90 ${process.execPath} ${join(packageRoot, 'bin/cidermill.mjs')} "$@"; }
fill() { head -c 1G /dev/zero >${disk}/filler 2>/dev/null; truncate -s -\${1:-0} ${disk}/filler; }
${script}
code=$?
echo LEFT; find ${disk} -path '*/v1/tmp/*' -o -name '*partial*' -type f -o -name '.*.tmp*' | grep -v '/v1/partial$'
exit $code`;
  const root = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  return new Promise((resolve) => {
    const env = { ...process.env, CIDERMILL_STORE: join(disk, 'store'), NO_COLOR: '1' };
    const options = { cwd: project.root, env, maxBuffer: 1 << 26 };
    execFile('unshare', ['--mount', ...root, 'bash', '-c', whole], options, (error, stdout, stderr) => {
      const [said = '', left = ''] = stdout.split('LEFT\n');
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, stdout: said, stderr, left: left.split('\n').filter((line) => line !== '') });
    });
  });
}

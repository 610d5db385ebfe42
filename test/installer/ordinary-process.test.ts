import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { makeSample } from '../../src/installer/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'cidermill-ordinary-'));
const sample = join(folder, 'InstallESD.dmg');
const cidermill = [process.execPath, join(packageRoot, 'dist/cidermill.js')];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  chmodSync(folder, 0o777);
  const kernel = Buffer.alloc(300_000, 'kernel');
  await makeSample({ version: '10.10.5', map: 'gpt', size: 12 * 2 ** 20, kernel }, sample);
});

describe('the disc is made by an ordinary process', () => {
  test('nobody, with no capability, makes it; no mount, no loop device, no other program', () => {
    const trace = join(folder, 'trace');
    const iso = join(folder, 'by-nobody.iso');
    const nobody = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '--inh-caps=-all',
      '--bounding-set=-all',
    ];
    const asNobody = process.getuid?.() === 0 ? ['setpriv', ...nobody] : [];
    const calls =
      'mount,umount2,fsopen,fsmount,open_tree,move_mount,open,openat,execve,setuid,setresuid,unshare';
    const made = run([
      ...asNobody,
      ...['strace', '-f', '-qq', '-e', `trace=${calls}`, '-o', trace],
      ...[...cidermill, 'iso', 'make', sample, '-o', iso],
    ]);
    expect(made.stderr).toBe('');
    expect(made.status).toBe(0);
    const lines = readFileSync(trace, 'utf8').split('\n');
    // It has really traced: the disc's own file is there.
    expect(lines.some((line) => line.includes('by-nobody.iso') && line.includes('O_CREAT'))).toBe(true);
    expect(lines.filter((line) => /\b(u?mount2?|fsopen|fsmount|open_tree|move_mount)\(/.test(line))).toEqual(
      [],
    );
    expect(lines.filter((line) => /\/dev\/(loop|mapper|fuse)/.test(line))).toEqual([]);
    expect(lines.filter((line) => /\b(setuid|setresuid|unshare)\(/.test(line))).toEqual([]);
    expect(lines.filter((line) => /\bexecve\(/.test(line))).toHaveLength(1);
    rmSync(iso);
  });

  test('a disk that is visibly too small is refused before the first byte', () => {
    const made = onDisk('4m', [...cidermill, 'iso', 'make', sample, '-o', '@/out.iso']);
    expect(made.stderr).toMatch(
      /^error: no space left on the disk of \S+: \d\d\.\d MiB needed, [34]\.\d MiB of 4\.0 MiB free$/m,
    );
    expect(made.stderr).toContain('Free some space');
    expect(made.stdout).toMatch(/\nleft: \n$/);
    expect(made.status).toBe(1);
  });

  test('a disk that becomes full in the middle gives one error and leaves nothing', () => {
    const out = mkdtempSync(join(folder, 'full-'));
    const limited = run([
      'prlimit',
      `--fsize=${5 * 2 ** 20}`,
      ...cidermill,
      'iso',
      'make',
      sample,
      '-o',
      join(out, 'o.iso'),
    ]);
    expect(limited.stderr).toMatch(/cannot be (written|converted): /);
    expect(limited.status).toBe(1);
    expect(readdirSync(out)).toEqual([]);
  });

  test('--dry-run says what would be done, and --json the same for machines', () => {
    const args = ['iso', 'make', sample, '-o', join(folder, 'none.iso'), '--dry-run'];
    const said = run([...cidermill, ...args]).stdout;
    expect(said).toContain('Yosemite 10.10.5');
    expect(said).toContain('/System/Installation/Packages replaced');
    const told = JSON.parse(run([...cidermill, ...args, '--json']).stdout) as {
      size: number;
      tasks: string[];
    };
    expect(told.tasks).toHaveLength(3);
    expect(told.size).toBeGreaterThan(12 * 2 ** 20);
    expect(readdirSync(folder)).not.toContain('none.iso');
  });
});

function run(command: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(command[0] ?? '', command.slice(1), {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
}

/** Runs a command whose "@" is a disk of its own, of that size; at the end says what was left on it. */
function onDisk(size: string, command: readonly string[]): SpawnSyncReturns<string> {
  const at = mkdtempSync(join(folder, 'disk-'));
  execFileSync('chmod', ['777', at]);
  const quoted = command.map((word) => `'${word.replace('@', at)}'`).join(' ');
  const script = `mount -t tmpfs -o size=${size} tmpfs ${at} && { ${quoted}; code=$?; echo "left: $(ls -A ${at})"; exit $code; }`;
  return run(['unshare', '-rm', 'sh', '-c', script]);
}

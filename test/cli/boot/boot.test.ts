import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshFolder } from '../../rig/folder.ts';
import { descendantsRunning } from '../../rig/secrets.ts';
import { buildGuest, buildProbe, halt, sendText, temporaryFolder } from '../../vm/guests.ts';
import { bootKey, makeProduct, runBoot, startBoot, withLoader } from './boot-runs.ts';

const exitPort = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];

let product = '';
let probe = '';
beforeAll(() => {
  product = makeProduct();
  writeFileSync(join(product, 'screen.png'), '');
  probe = buildProbe(temporaryFolder(), bootKey);
});

describe('a guest that is started', () => {
  it('ends with the exit code of its QEMU', async () => {
    const guest = buildGuest(`mov $20, %al\nout %al, $0xf4\n${halt}`);
    const { code, stdout } = await runBoot(withLoader(product, guest, '--', ...exitPort));
    expect({ code, stdout }).toEqual({ code: 41, stdout: '' });
  });

  it('is waited for until its text stands on the serial line, the debug console or the screen', async () => {
    const guest = buildGuest(
      [sendText('Darwin Kernel Version 14.5.0\n', 0x3f8), sendText('hello\n', 0xe9), halt].join('\n'),
    );
    // With --snapshot they share the disk, which else only one may have.
    const [serial, console, screen] = await Promise.all([
      runBoot(withLoader(product, guest, '--snapshot', '--wait-for', 'Darwin Kernel')),
      runBoot(withLoader(product, guest, '--snapshot', '--wait-for', 'console:hello')),
      runBoot(withLoader(product, guest, '--snapshot', '--wait-for', 'screen:SeaBIOS')),
    ]);
    expect(serial).toMatchObject({ code: 0 });
    expect(serial.stdout).toMatch(/^serial, after [\d.]+ s: Darwin Kernel Version 14\.5\.0\n$/);
    expect(console.code).toBe(0);
    expect(screen.code).toBe(0);
  });

  it('that does not come so far fails, with what was seen instead', async () => {
    const guest = buildGuest([sendText('panic: nothing to see\n', 0x3f8), halt].join('\n'));
    const { code, stderr } = await runBoot(
      withLoader(product, guest, '--wait-for', 'Darwin', '--timeout', '2'),
    );
    expect(code).toBe(1);
    expect(stderr).toContain('panic: nothing to see');
  });

  it('ends with its QEMU on Ctrl-C', async () => {
    const console = join(freshFolder(), 'console.txt');
    const child = startBoot(
      withLoader(
        product,
        buildGuest([sendText('up\n', 0xe9), halt].join('\n')),
        '--',
        '-debugcon',
        `file:${console}`,
      ),
    );
    for (let i = 0; i < 300 && !(existsSync(console) && readFileSync(console, 'utf8').includes('up')); i++)
      await pause(100);
    expect(descendantsRunning('qemu-system-x86_64', child.pid ?? 0)).toHaveLength(1);
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(130);
    expect(descendantsRunning('qemu-system-x86_64', process.pid)).toEqual([]);
  });

  it('has its disk, the installer and a shared folder on AHCI, and leaves all of them as they were', async () => {
    const share = freshFolder();
    writeFileSync(join(share, 'readme.txt'), 'for the guest');
    const before = readFileSync(join(product, 'disk.qcow2'));
    const args = ['--install', '--snapshot', '--share', share, '--wait-for', 'console:3 with a disk'];
    const { code, stderr } = await runBoot(withLoader(product, probe, ...args));
    expect(stderr).toContain('with --snapshot nothing of this installation will be left');
    expect(code).toBe(0);
    expect(readFileSync(join(product, 'disk.qcow2')).equals(before)).toBe(true);
    expect(readdirSync(share)).toEqual(['readme.txt']);
  });

  it('may write into a shared folder where that was said, and is warned of what vvfat is', async () => {
    const share = freshFolder();
    const { code, stderr } = await runBoot(
      withLoader(
        product,
        probe,
        '--install',
        '--share',
        share,
        '--share-writable',
        '--wait-for',
        'console:3 with a disk',
      ),
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/vvfat can lose what is written/);
  });
});

/** A guest that can be looked at, with what cidermill said when it had started. */
async function running(
  ...args: readonly string[]
): Promise<{ child: ReturnType<typeof startBoot>; said: string }> {
  const console = join(freshFolder(), 'console.txt');
  const guest = buildGuest([sendText('up\n', 0xe9), halt].join('\n'));
  const at = withLoader(product, guest, '--', '-debugcon', `file:${console}`);
  const child = startBoot(at.flatMap((arg) => (arg === 'none' ? [] : arg === '--display' ? args : [arg])));
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  for (let i = 0; i < 600 && !(existsSync(console) && readFileSync(console, 'utf8').includes('up')); i++)
    await pause(100);
  expect(readFileSync(console, 'utf8')).toContain('up');
  return { child, said };
}

/** What a VNC server says first. */
async function greeting(to: { path: string } | { host: string; port: number }): Promise<string> {
  const socket = connect(to);
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return first.toString('latin1');
}

describe('a guest without a desktop to show it on', () => {
  it('is shown by VNC on a socket that only its user can come to, and nothing of it is left', async () => {
    const { child, said } = await running();
    const socket = /^screen: vncviewer (\S+)$/m.exec(said)?.[1] ?? '';
    expect(said).toContain(`ssh -NL 5900:${socket} `);
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    expect(await greeting({ path: socket })).toMatch(/^RFB 003/);
    const [qemu = 0] = descendantsRunning('qemu-system-x86_64', child.pid ?? 0);
    expect(listeningPorts(qemu)).toEqual([]);
    child.kill('SIGINT');
    await once(child, 'close');
    expect(existsSync(dirname(socket))).toBe(false);
  });

  it('is on a port only where that was said, with a warning', async () => {
    const { child, said } = await running('--display', 'vnc=tcp');
    expect(said).toContain('warning: VNC on a port has no password');
    const [qemu = 0] = descendantsRunning('qemu-system-x86_64', child.pid ?? 0);
    const [port = 0] = listeningPorts(qemu);
    expect(await greeting({ host: '127.0.0.1', port })).toMatch(/^RFB 003/);
    child.kill('SIGINT');
    await once(child, 'close');
  });
});

/** TCP ports that a process listens on. */
function listeningPorts(pid: number): number[] {
  const own = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && own.includes(fields[9] ?? ''))
    .map((fields) => parseInt(fields[1]?.split(':')[1] ?? '', 16));
}

describe('the command that is shown', () => {
  it('has a reason in each line, needs no bootKey, and is one that bash takes', async () => {
    const { code, stdout } = await runBoot([
      product,
      '--guest',
      'lion',
      '--loader',
      probe,
      '--accel',
      'tcg',
      '--dry-run',
      '--',
      '-name',
      "Ann's",
    ]);
    expect(code).toBe(0);
    const options = stdout.split('\n').filter((line) => line.startsWith('  -'));
    expect(options.length).toBeGreaterThan(15);
    expect(options.filter((line) => !/\S {2,}# \S/.test(line))).toEqual([]);
    const bash = spawnSync(
      'bash',
      ['-c', `${stdout.replace(/^\S*qemu-system-x86_64 .*$/m, '')}\nprintf '%s\\n' "\${options[@]}"`],
      { encoding: 'utf8' },
    );
    expect(bash.stderr).toBe('');
    expect(bash.stdout.trim().split('\n').slice(-2)).toEqual(['-name', "Ann's"]);
    expect(bash.stdout).toContain('\n-readconfig\n/dev/fd/3\n');
  });
});

describe('what is wrong is said before anything is started', () => {
  const folder = freshFolderOnce();
  it.each<[string, () => string[], number, RegExp]>([
    [
      'a machine that a fact refuses',
      () => ['--guest', '10.7.4', '--machine', 'piix', '--smp', '4', '--loader', probe],
      1,
      /HPET not found.*[\s\S]*--machine q35[\s\S]*--despite hpet/,
    ],
    ['no loader', () => ['--guest', 'lion'], 2, /no loader is given[\s\S]*--loader FILE/],
    ['no key', () => ['--guest', 'lion', '--loader', probe], 2, /no key was given[\s\S]*--osk env:NAME/],
    [
      'a key on the command line',
      () => ['--guest', 'lion', '--loader', probe, '--osk', bootKey],
      2,
      /not a reference to a key/,
    ],
    [
      'a key among QEMU’s options',
      () => ['--guest', 'lion', '--loader', probe, '--', '-device', `isa-applesmc,osk=${bootKey}`],
      2,
      /process list/,
    ],
    [
      'a key in JSON',
      () => [
        ...['--guest', 'lion', '--loader', probe],
        ...['--', '-device', `{"driver":"isa-applesmc","osk":"${bootKey}"}`],
      ],
      2,
      /process list/,
    ],
    [
      'a disk whose guest made it look as if it were on top of another file',
      () => ['--guest', 'lion', '--loader', probe, '--disk', hostile()],
      1,
      /is on top of another file: "\/etc\/passwd"[\s\S]*--disk-format qcow2 --backing \/etc/,
    ],
    [
      'a loader that is not there',
      () => ['--guest', 'lion', '--loader', '/no/loader'],
      2,
      /there is no file \/no\/loader/,
    ],
    [
      'a shared folder that is not there',
      () => ['--guest', 'lion', '--loader', probe, '--share', '/no/folder'],
      2,
      /\/no\/folder is not a folder/,
    ],
    [
      'a shared folder with a colon',
      () => ['--guest', 'lion', '--loader', probe, '--share', folder],
      2,
      /colon/,
    ],
    [
      'a QEMU that is none',
      () => ['--guest', 'lion', '--loader', probe, '--qemu', '/bin/true'],
      1,
      /does not report a version of QEMU/,
    ],
    ['no guest', () => ['--loader', probe], 2, /--guest/],
    [
      'a guest that there is not',
      () => ['--guest', 'tiger', '--loader', probe],
      2,
      /There is no guest "tiger"/,
    ],
    [
      'KVM that cannot be used',
      () => ['--guest', 'lion', '--loader', probe, '--accel', 'kvmm'],
      2,
      /kvm, tcg, auto/,
    ],
  ])('%s', async (_what, args, expected, said) => {
    const { code, stderr, stdout } = await runBoot([product, ...args()]);
    expect(stderr).toMatch(said);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toContain(bootKey);
  });

  it('more than one disk in a product', async () => {
    const two = temporaryFolder();
    for (const name of ['a.qcow2', 'b.qcow2']) writeFileSync(join(two, name), '');
    const { code, stderr } = await runBoot([two, '--guest', 'lion', '--loader', probe]);
    expect(stderr).toContain('more than one disk: a.qcow2, b.qcow2');
    expect(code).toBe(2);
  });

  it('a product that is none, and two of them', async () => {
    expect((await runBoot(['/no/product', '--guest', 'lion'])).stderr).toContain(
      '/no/product is not a product: no such file or directory',
    );
    expect((await runBoot(['a', 'b', '--guest', 'lion'])).stderr).toContain('boot takes one product, not 2');
  });
});

/** A raw disk on which a guest has written the header of a qcow2 image. */
function hostile(): string {
  const path = join(temporaryFolder(), 'disk.img');
  spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', path, '64M']);
  return path;
}

/** A folder with a colon in its name, made when the file is read. */
function freshFolderOnce(): string {
  const path = join(temporaryFolder(), 'a:b');
  mkdirSync(path);
  return path;
}

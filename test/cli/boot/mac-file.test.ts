import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../../src/host/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { buildGuest, halt, sendText } from '../../vm/guests.ts';
import { makeProduct, runBoot, startBoot } from './boot-runs.ts';

const validate = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(join(packageRoot, 'schema/mac.schema.json'), 'utf8')) as object,
);

let product = '';
let guest = '';
beforeAll(() => {
  product = makeProduct();
  guest = buildGuest([sendText('up\n', 0xe9), halt].join('\n'));
});

/** A guest's own file, in a folder of its own. */
function macFile(text: string): string {
  const file = join(freshFolder(), 'mac.yaml');
  writeFileSync(file, text);
  return file;
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The addresses that a port is listened on at, as the kernel tells them. */
function listening(port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(`:${hex}`) && state === '0A')
    .map(([, local = '']) => local.split(':')[0] ?? '');
}

describe('boot --save', () => {
  it('writes a file that gives the same command as the options it was given', async () => {
    const share = join(product, 'shared');
    mkdirSync(share, { recursive: true });
    const machine = [
      '--guest',
      '10.10.4',
      '--loader',
      guest,
      '--smp',
      '4',
      '--memory',
      '3G',
      '--accel',
      'tcg',
    ];
    const more = [
      '--net',
      'virtio',
      '--ssh-port',
      '2222',
      '--share',
      share,
      '--share-writable',
      '--display',
      'none',
    ];
    const given = [product, ...machine, ...more, '--osk', 'env:TEST_KEY'];
    const own = ['--', '-device', 'ich9-intel-hda'];
    const file = join(product, 'mac.yaml');
    const saved = await runBoot([...given, '--snapshot', '--save', file, ...own]);
    expect(saved).toMatchObject({ code: 0, stdout: '' });
    expect(saved.stderr).toBe(
      `${file} is written; start it: cidermill boot ${file}\nnote: options for one start are not written: --snapshot\n`,
    );
    const text = readFileSync(file, 'utf8');
    const value = parse(text) as object;
    expect(value).toMatchObject({ guest: '10.10.4', product: '.', memory: '3G', osk: 'env:TEST_KEY' });
    expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...value, cpus: 'four' })).toBe(false);

    const direct = await runBoot([...given, '--dry-run', ...own]);
    const filed = await runBoot([file, '--dry-run']);
    expect(direct.stdout).toContain('hostfwd=tcp:127.0.0.1:2222-:22');
    expect(filed).toEqual(direct);

    const again = await runBoot([...given, '--save', file]);
    expect(again.code).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('does not write a key that was given in place of a reference to it', async () => {
    const file = join(freshFolder(), 'mac.yaml');
    const key = 'just-a-dummy-that-is-as-long-as-a-real-key-would-be-in-a-file!!!';
    const { code, stderr } = await runBoot([product, '--guest', 'lion', '--osk', key, '--save', file]);
    expect(code).toBe(2);
    expect(stderr).not.toContain(key.slice(0, 20));
    expect(existsSync(file)).toBe(false);
  });
});

describe("a guest's own file", () => {
  it('has paths relative to itself, and the command line goes before it', async () => {
    const file = macFile(
      `guest: "10.10.5"\nproduct: ${product}\nloader: the-loader\nmemory: 2G\ncpus: 4\naccelerator: tcg\ndisplay: none\n`,
    );
    writeFileSync(join(file, '../the-loader'), readFileSync(guest));
    const { code, stdout, stderr } = await runBoot([file, '--memory', '4G', '--dry-run']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ {2}-m 4096 /m);
    expect(stdout).toMatch(/^ {2}-smp 4,/m);
    expect(stdout).toContain(`-kernel ${join(file, '../the-loader')} `);
    const other = await runBoot([file, '--guest', '10.10.3', '--smp', '2', '--dry-run']);
    expect(other.stdout).toMatch(/^ {2}-smp 2,/m);
  });

  it('may be as docs/booting.md has it', async () => {
    const page = readFileSync(join(packageRoot, 'docs/booting.md'), 'utf8');
    const [, text = ''] = /```yaml\n([^]*?guest:[^]*?)```/.exec(page) ?? [];
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
    const file = macFile(
      text.replace('artifacts/ready-image', product).replace('osk:', 'accelerator: tcg\nosk:'),
    );
    for (const [name, from] of [
      ['mac.qcow2', 'disk.qcow2'],
      ['yosemite.iso', 'disk.iso'],
    ] as const)
      writeFileSync(join(file, '..', name), readFileSync(join(product, from)));
    mkdirSync(join(file, '../shared'));
    const { code, stdout, stderr } = await runBoot([file, '--loader', guest, '--dry-run']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`file=${join(file, '../yosemite.iso')}`);
  });

  it('says nothing of another disk than its own', async () => {
    const file = macFile(
      `guest: "10.10.5"\nproduct: ${product}\nloader: ${guest}\ndisk: { file: mine.img, format: raw }\naccelerator: tcg\n`,
    );
    writeFileSync(join(file, '../mine.img'), Buffer.alloc(1 << 20));
    expect((await runBoot([file, '--dry-run'])).stdout).toContain('format=raw,file=');
    const other = await runBoot([file, '--disk', join(product, 'disk.qcow2'), '--dry-run']);
    expect(other.stdout).toContain('format=qcow2,file=');
  });

  it('has its faults told with line and column, all at once, and the key in none of them', async () => {
    const key = 'just-a-dummy-that-is-as-long-as-a-real-key-would-be-in-a-file!!!';
    const file = macFile(
      [
        'guest: yosemite',
        'disk: nowhere.qcow2',
        'network: { card: e100, ssh-port: 99999 }',
        'memroy: 2G',
        `osk: "${key}"`,
        '',
      ].join('\n'),
    );
    const { code, stdout, stderr } = await runBoot([file, '--dry-run']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(
      stderr
        .split('\n')
        .filter((line) => line.startsWith(file))
        .map((line) => line.slice(file.length)),
    ).toEqual([
      ':2:7  no-file',
      ':3:18  bad-value',
      ':3:34  bad-value',
      ':4:1  unknown-key',
      ':5:6  bad-osk-reference',
    ]);
    expect(stderr).toContain('Did you mean "memory"?');
    expect(stderr).not.toContain(key.slice(0, 12));
  });

  it('has a guest that does not exist told at its place', async () => {
    const file = macFile('guest: yosemight\n');
    const { code, stderr } = await runBoot([file]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:1:8  unknown-guest`);
    expect(stderr).toContain('Did you mean "yosemite"?');
  });

  it('is missed where neither it nor an option names the guest', async () => {
    const { code, stderr } = await runBoot([product]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: no guest is named\nhint: Give --guest RELEASE, or a file that names it/);
  });

  it('starts a guest, with a port that leads to it from this host alone', async () => {
    const port = await freePort();
    const console = join(freshFolder(), 'console.txt');
    const file = macFile(
      [
        'guest: yosemite',
        `product: ${product}`,
        `loader: ${guest}`,
        'memory: 512M',
        'accelerator: tcg',
        'display: none',
        `network: { ssh-port: ${port} }`,
        'osk: env:TEST_KEY',
        `options: [-debugcon, "file:${console}"]`,
        '',
      ].join('\n'),
    );
    expect(listening(port)).toEqual([]);
    const child = startBoot([file, '--snapshot', '--i-have-the-right']);
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    for (let i = 0; i < 300 && !(existsSync(console) && readFileSync(console, 'utf8').includes('up')); i++)
      await pause(100);
    expect(said).toContain(`ssh: ssh -p ${port} USER@127.0.0.1`);
    expect(listening(port)).toEqual(['0100007F']);
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(listening(port)).toEqual([]);
  });
});

describe('boot --ssh-port', () => {
  const args = (): string[] => [
    product,
    '--guest',
    'yosemite',
    '--loader',
    guest,
    '--accel',
    'tcg',
    '--ssh-port',
    '2222',
  ];

  it('is in the exports that can have it, and refused for the one that cannot', async () => {
    const shell = await runBoot([...args(), '--export', 'shell']);
    expect(shell.stdout).toContain('hostfwd=tcp:127.0.0.1:2222-:22');
    const packer = await runBoot([...args(), '--export', 'packer']);
    expect(packer.stdout.match(/hostfwd=/g)).toHaveLength(1);
    expect(packer.stdout).toContain('{{ .SSHHostPort }}');
    expect(await runBoot([...args(), '--export', 'libvirt'])).toMatchObject({ code: 2, stdout: '' });
    const without = args().slice(0, -2);
    expect(await runBoot([...without, '--export', 'libvirt'])).toMatchObject({ code: 0 });
  });

  it('needs a network card', async () => {
    const { code, stderr } = await runBoot([...args(), '--net', 'none', '--dry-run']);
    expect(code).toBe(2);
    expect(stderr).toContain('--ssh-port needs a network card in the guest');
  });
});

import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  libvirtDomain,
  machineOf,
  machines,
  nets,
  packerTemplate,
  qemuOptions,
  shellScript,
  solve,
  type Guest,
  type GuestMachine,
  type Situation,
  type Wiring,
} from '../../src/guest/index.ts';
import { processesWith } from '../rig/secrets.ts';
import { gptDisk, writeImage } from '../vm/disk-images.ts';
import { buildProbe, makeDisk, temporaryFolder } from '../vm/guests.ts';
import { guestNamed, guests, situation } from './known-guests.ts';

const wiring: Wiring = {
  start: { by: 'seabios', loader: '/guests/loader & boot' },
  disk: { file: "/guests/Ann's <mac>.qcow2", format: 'qcow2' },
  iso: '/guests/disk.iso',
  share: { folder: '/home/ann/"Shared"', writable: false },
  smc: '/dev/fd/3',
  display: { kind: 'vnc', socket: '/run/user/1000/cidermill-vnc/vnc.sock' },
  monitor: 'stdio',
  snapshot: true,
  extra: ['-name', 'a--b'],
};

const uefi: Wiring = {
  ...wiring,
  start: {
    by: 'ovmf',
    code: '/fw/OVMF_CODE.fd',
    vars: "/guests/Ann's <mac>.fd",
    esp: '/guests/esp.img',
  },
};

function machineFor(guest: Guest, changes: Partial<Situation> = {}): GuestMachine {
  const at = situation(guest, changes);
  const verdict = solve(guest, at);
  if (verdict.kind === 'refused') throw new Error('refused');
  return machineOf(at, verdict);
}

describe('the domain for libvirt', () => {
  it('is valid for every release, machine and card, by libvirt’s own schema', async () => {
    const folder = temporaryFolder();
    const files = guests.flatMap((guest) =>
      machines.flatMap((machine) =>
        nets.flatMap((net) => {
          const changes = {
            machine,
            net,
            cpus: machine === 'piix' ? 1 : 4,
            qemu: '8.2.0',
            cpu: 'amd',
          } as const;
          if (solve(guest, situation(guest, changes)).kind === 'refused') return [];
          const file = join(folder, `${guest.guest}-${machine}-${net}.xml`);
          writeFileSync(
            file,
            libvirtDomain(
              guest.guest,
              `a -- ${guest.name}`,
              '/usr/bin/qemu',
              machineFor(guest, changes),
              wiring,
            ),
          );
          return [file];
        }),
      ),
    );
    expect(files.length).toBeGreaterThan(30);
    await Promise.all(files.map((file) => promisify(execFile)('virt-xml-validate', [file, 'domain'])));
  });

  it('is valid with UEFI firmware too, its variables and the partition that it starts from', async () => {
    const folder = temporaryFolder();
    const files = guests.flatMap((guest) =>
      machines.map((machine) => {
        const changes = { machine, cpus: 1, firmware: 'ovmf', opencore: true } as const;
        const file = join(folder, `${guest.guest}-${machine}.xml`);
        writeFileSync(file, libvirtDomain('x', '', '/usr/bin/qemu', machineFor(guest, changes), uefi));
        return file;
      }),
    );
    await Promise.all(files.map((file) => promisify(execFile)('virt-xml-validate', [file, 'domain'])));
    const xml = readFileSync(files[0] ?? '', 'utf8');
    expect(xml).toContain("<loader readonly='yes' type='pflash'>/fw/OVMF_CODE.fd</loader>");
    expect(xml).toContain('<nvram>/guests/Ann&apos;s &lt;mac&gt;.fd</nvram>');
    expect(xml).toMatch(/<source file='\/guests\/esp\.img'\/>[^]*?<boot order='1'\/>/);
    expect(xml).not.toContain('<kernel>');
  });

  it('refuses what is no domain, so that its word counts', () => {
    const file = join(temporaryFolder(), 'bad.xml');
    const good = libvirtDomain('lion', '', '/usr/bin/qemu', machineFor(guestNamed('lion')), wiring);
    writeFileSync(file, good.replace('<vcpu>', '<vcpus>').replace('</vcpu>', '</vcpus>'));
    expect(() => execFileSync('virt-xml-validate', [file, 'domain'], { stdio: 'ignore' })).toThrow();
  });

  it('puts the disk, the installer and the card where QEMU’s own options put them', () => {
    const xml = libvirtDomain('x', '', '/usr/bin/qemu', machineFor(guestNamed('yosemite')), wiring);
    expect(xml).toContain("unit='2'");
    expect(xml).toContain("unit='0'");
    const piix = libvirtDomain(
      'x',
      '',
      '/usr/bin/qemu',
      machineFor(guestNamed('yosemite'), { machine: 'piix' }),
      wiring,
    );
    expect(piix).toContain("slot='0x05'");
    expect(piix).toContain("machine='pc'");
  });
});

describe('the template for Packer', () => {
  it.each(['e1000', 'virtio'] as const)(
    'names a model that %s has in its own, so that no other is added',
    (net) => {
      const machine = machineFor(guestNamed('yosemite'), { net });
      const template = JSON.parse(packerTemplate('yosemite', '', '/usr/bin/qemu', machine, wiring)) as {
        source: { qemu: { yosemite: { qemuargs: string[][]; net_device: string } } };
      };
      const { qemuargs, net_device } = template.source.qemu.yosemite;
      const devices = qemuargs.filter(([flag]) => flag === '-device').map(([, value]) => value);
      expect(devices.join('')).toContain(net_device);
      expect(['e1000', 'virtio-net-pci']).toContain(net_device);
    },
  );

  it('is JSON with the machine’s own options, on the disk that Packer makes', () => {
    const machine = machineFor(guestNamed('yosemite'), { stage: 'install' });
    const template = JSON.parse(packerTemplate('yosemite', 'a title', '/usr/bin/qemu', machine, wiring)) as {
      source: { qemu: { yosemite: { qemuargs: string[][]; iso_url: string } } };
    };
    const { qemuargs, iso_url } = template.source.qemu.yosemite;
    expect(iso_url).toBe(wiring.disk.file);
    expect(qemuargs).toContainEqual(['-readconfig', '${var.smc_config}']);
    expect(qemuargs).toContainEqual([
      '-drive',
      'id=MacHDD,if=none,format=qcow2,file={{ .OutputDir }}/{{ .Name }}',
    ]);
    expect(qemuargs.every((each) => each.length === 2 && each[0]?.startsWith('-') === true)).toBe(true);
  });
});

describe('the template for Packer with UEFI firmware', () => {
  it('has the flash, with the variables that Packer has copied, and names the partition', () => {
    const machine = machineFor(guestNamed('yosemite'), { firmware: 'ovmf', opencore: true });
    const template = JSON.parse(packerTemplate('yosemite', '', '/usr/bin/qemu', machine, uefi)) as {
      source: { qemu: { yosemite: { qemuargs: string[][] } & Record<string, unknown> } };
    };
    const { qemuargs, ...others } = template.source.qemu.yosemite;
    expect(others).toMatchObject({
      efi_boot: true,
      efi_firmware_code: '/fw/OVMF_CODE.fd',
      efi_firmware_vars: "/guests/Ann's <mac>.fd",
    });
    expect(qemuargs).toContainEqual(['-drive', 'id=ESP,if=none,format=raw,file=/guests/esp.img']);
    // Packer's own drives are left out where the arguments have any.
    expect(qemuargs.filter(([, value]) => value?.startsWith('if=pflash,'))).toEqual([
      ['-drive', 'if=pflash,unit=0,format=raw,readonly=on,file=/fw/OVMF_CODE.fd'],
      ['-drive', 'if=pflash,unit=1,format=raw,readonly=off,file={{ .OutputDir }}/efivars.fd'],
    ]);
    expect(qemuargs.flat()).not.toContain('-kernel');
  });
});

describe('the shell script', () => {
  const folder = temporaryFolder();
  const key = join(folder, 'key');
  /** Of this test alone: others run beside it. */
  const osk = 'shell-script-'.padEnd(64, 's');

  function script(console: string): string {
    const options = qemuOptions(machineFor(guestNamed('yosemite'), { accel: 'tcg', memory: 512 }), {
      start: { by: 'seabios', loader: buildProbe(temporaryFolder(), osk) },
      disk: { file: makeDisk(temporaryFolder()), format: 'qcow2' },
      iso: writeImage(join(folder, "Ann's iso.img"), gptDisk()).path,
      smc: '/dev/fd/3',
      display: { kind: 'none' },
      monitor: 'none',
      snapshot: true,
      extra: ['-debugcon', `file:${console}`],
    });
    const path = join(folder, 'start.sh');
    writeFileSync(path, shellScript('a title', 'qemu-system-x86_64', options));
    return path;
  }

  it('starts the guest with the key, which no process shows', async () => {
    const console = join(folder, 'console.txt');
    writeFileSync(key, `${osk}\n`, { mode: 0o600 });
    const child = spawn('sh', [script(console)], {
      env: { ...process.env, OSK_FILE: key },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const text = (): string => (existsSync(console) ? readFileSync(console, 'utf8') : '');
    for (let i = 0; i < 300 && !/osk .*\n/.test(text()); i++) await pause(100);
    expect(text()).toMatch(/\[ ok \] osk/);
    expect(processesWith(osk)).toEqual([]);
    child.kill('SIGTERM');
    await once(child, 'close');
  });

  it.each([
    ['that others can read', osk, 0o644, /is not yours alone/],
    ['that is too short', 'short', 0o600, /holds no key: it has 5 characters/],
  ])('refuses a key file %s', (_what, text, mode, said) => {
    writeFileSync(key, text);
    chmodSync(key, mode);
    const run = (): string =>
      execFileSync('sh', [script(join(folder, 'unused'))], {
        env: { ...process.env, OSK_FILE: key },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    expect(run).toThrow(said);
  });
});

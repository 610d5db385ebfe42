import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  machineOf,
  qemuOptions,
  renderCommand,
  solve,
  type QemuOption,
  type Situation,
  type Wiring,
} from '../../src/guest/index.ts';
import { guestNamed, situation } from './known-guests.ts';

const golden = join(import.meta.dirname, '../golden/guests/commands.txt');

function optionsFor(name: string, changes: Partial<Situation>, more: Partial<Wiring> = {}): QemuOption[] {
  const guest = guestNamed(name);
  const at = situation(guest, changes);
  const verdict = solve(guest, at);
  if (verdict.kind === 'refused') throw new Error(`${name} is refused`);
  const iso = at.stage === 'install' ? { iso: './Yosemite.10.10.2.iso' } : {};
  return qemuOptions(machineOf(at, verdict), {
    start: { by: 'seabios', loader: './chameleon_svn2534_boot' },
    disk: { file: './mac_hdd.img', format: 'qcow2' },
    ...iso,
    smc: '/dev/fd/3',
    monitor: 'stdio',
    snapshot: false,
    extra: [],
    ...more,
  });
}

/** Title → the command line. The first four are those of the OSXKVM page. */
const commands: Readonly<Record<string, () => QemuOption[]>> = {
  'Yosemite as the OSXKVM page of 2015 starts it': () =>
    optionsFor('yosemite', { cpus: 1, ignoreMsrs: true }),
  '… with -smp 4,cores=2': () => optionsFor('yosemite', { cpus: 4, ignoreMsrs: true }),
  '… installing': () => optionsFor('yosemite', { cpus: 1, ignoreMsrs: true, stage: 'install' }),
  'Snow Leopard on PIIX, as the page of 2013 starts it': () =>
    optionsFor(
      'snow-leopard',
      { cpus: 1, machine: 'piix', stage: 'install' },
      { iso: './SnowLeopard.10.6.iso' },
    ),
  'Mountain Lion on PIIX, its card on a line of its own': () =>
    optionsFor('mountain-lion', { machine: 'piix' }),
  'Mavericks with virtio-net': () => optionsFor('mavericks', { net: 'virtio' }),
  'Yosemite on a QEMU before 6.0': () => optionsFor('yosemite', { qemu: '5.2.0', stage: 'install' }),
  'Yosemite on a QEMU before 2.9, by TCG': () => optionsFor('yosemite', { qemu: '2.5.0', accel: 'tcg' }),
  'Yosemite on QEMU 8.2, on an AMD host': () => optionsFor('yosemite', { qemu: '8.2.1', cpu: 'amd' }),
  'Sierra without a network, by TCG': () => optionsFor('sierra', { accel: 'tcg', net: 'none' }),
  'Lion with a shared folder, a window and options of its own': () =>
    optionsFor(
      'lion',
      {},
      {
        share: { folder: '/home/ann/Shared, really', writable: false },
        display: { kind: 'gtk' },
        snapshot: true,
        extra: ['-device', 'ich9-intel-hda', '-S', '-name', "Ann's Mac"],
      },
    ),
  'Lion with a folder it may write into, by VNC': () =>
    optionsFor(
      'lion',
      {},
      {
        share: { folder: '/home/ann/Shared', writable: true },
        display: { kind: 'vnc-tcp' },
        monitor: 'none',
      },
    ),
};

describe("QEMU's options", () => {
  it('are the golden file', async () => {
    const text = Object.entries(commands).map(
      ([title, options]) => `# ${title}\n${renderCommand('qemu-system-x86_64', options())}`,
    );
    await expect(text.join('\n')).toMatchFileSnapshot(golden);
  });

  it("are, on a QEMU of its day, the OSXKVM page's own, word for word", () => {
    const page = [
      '-enable-kvm',
      '-m 2048',
      '-cpu core2duo',
      '-machine q35',
      '-usb',
      '-device usb-kbd',
      '-device usb-mouse',
      '-kernel ./chameleon_svn2534_boot',
      '-smbios type=2',
      '-device ide-drive,bus=ide.2,drive=MacHDD',
      '-netdev user,id=hub0port0',
      '-device e1000-82545em,netdev=hub0port0,id=mac_vnet0',
      '-monitor stdio',
      '-smp 4,cores=2',
      '-device ide-drive,bus=ide.0,drive=MacDVD',
    ];
    const own = optionsFor('yosemite', {
      cpus: 4,
      ignoreMsrs: true,
      stage: 'install',
      qemu: '2.2.0',
      kernel: '3.18',
    });
    const lines = own.map(({ args }) => args.join(' '));
    expect(page.filter((option) => !lines.includes(option))).toEqual([]);
    // What is left: the key by another way, and the drives with the format that QEMU now asks for.
    expect(lines.filter((line) => !page.includes(line))).toEqual([
      '-readconfig /dev/fd/3',
      '-drive id=MacHDD,if=none,format=qcow2,file=./mac_hdd.img',
      '-drive id=MacDVD,if=none,snapshot=on,format=raw,file=./Yosemite.10.10.2.iso',
    ]);
  });

  it('have a reason each', () => {
    for (const options of Object.values(commands))
      expect(options().filter(({ why }) => why === '')).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import {
  asBuilder,
  checkUp,
  hostTools,
  worst,
  type Check,
  type HostFacts,
  type Surroundings,
} from '../../src/host/index.ts';

const sound: Surroundings = {
  host: {
    kernel: '6.1.0-18-amd64',
    cpu: 'intel',
    virtualisation: true,
    kvmDevice: 'usable',
    ignoreMsrs: false,
    vendor: 'Apple Inc.',
  },
  tools: new Map(hostTools.map(({ tool }) => [tool, `/usr/bin/${tool}`])),
  isRoot: false,
  sandboxFault: undefined,
  procBound: false,
  namespaces: { apparmor: false, noClone: false, most: 15_000, filtered: false },
  free: 100 * 2 ** 30,
  qemu: {
    program: '/usr/bin/qemu-system-x86_64',
    version: '7.2.22',
    devices: new Set([
      'isa-applesmc',
      'ahci',
      'ide-hd',
      'usb-kbd',
      'usb-mouse',
      'e1000-82545em',
      'virtio-net-pci',
    ]),
    machines: new Set(['q35', 'pc']),
  },
};

function without<T>(all: ReadonlySet<T>, one: T): Set<T> {
  return new Set([...all].filter((each) => each !== one));
}

function on(changes: Partial<Omit<Surroundings, 'host'>> & { readonly host?: Partial<HostFacts> }): Check[] {
  return checkUp({ ...sound, ...changes, host: { ...sound.host, ...changes.host } });
}

/** What is not well, a line each, as the doctor says it. */
function complaints(checks: readonly Check[]): string[] {
  return checks
    .filter(({ state }) => state !== 'ok')
    .map(({ name, state, mend }) => `${state} ${name} → ${mend ?? ''}`);
}

describe('a host that has everything', () => {
  it('is well', () => {
    expect(complaints(on({}))).toEqual([]);
    expect(worst(on({}))).toBe('ok');
  });
});

describe('a host without KVM', () => {
  it.each<[string, Partial<HostFacts>, string]>([
    [
      'whose CPU has none',
      { virtualisation: false, kvmDevice: 'absent' },
      "switch virtualisation on in the firmware's setup, or nesting in the hypervisor below",
    ],
    [
      'that shows a /dev/kvm all the same',
      { virtualisation: false },
      "switch virtualisation on in the firmware's setup, or nesting in the hypervisor below",
    ],
    ['whose kernel does not offer it', { kvmDevice: 'absent' }, 'modprobe kvm-intel'],
    ['whose AMD kernel does not offer it', { kvmDevice: 'absent', cpu: 'amd' }, 'modprobe kvm-amd'],
    ['that keeps it from this user', { kvmDevice: 'forbidden' }, 'adduser "$USER" kvm, and log in again'],
  ])('%s is warned of it, since TCG is left', (_what, host, mend) => {
    expect(complaints(on({ host }))).toEqual([`warning KVM → ${mend}`]);
    expect(worst(on({ host }))).toBe('warning');
  });
});

describe('a host with an old kernel', () => {
  it.each<[string, boolean, string[]]>([
    [
      '3.10.0-1160.el7',
      false,
      [
        'warning kernel → `cidermill kvm status` says what is needed; or boot with --accel tcg',
        'warning ignore_msrs → echo 1 > /sys/module/kvm/parameters/ignore_msrs',
      ],
    ],
    ['3.15.3-200.fc20.x86_64', true, ['warning kernel → ']],
    ['4.4.0', false, ['warning ignore_msrs → echo 1 > /sys/module/kvm/parameters/ignore_msrs']],
    ['4.4.0', true, []],
    ['4.7.0', false, []],
    ['10.0', false, []],
  ])('%s, ignoring MSRs: %s', (kernel, ignoreMsrs, expected) => {
    expect(complaints(on({ host: { kernel, ignoreMsrs } }))).toEqual(expected);
  });
});

describe('a host that cannot make sandboxes', () => {
  it('has a fault, with what bubblewrap says and what allows them', () => {
    const checks = on({ sandboxFault: 'bwrap: No permissions to create new namespace' });
    expect(worst(checks)).toBe('fault');
    const check = checks.find(({ name }) => name === 'user namespaces');
    expect(check?.finding).toBe('bwrap: No permissions to create new namespace');
    expect(check?.mend).toContain('user.max_user_namespaces');
  });
});

describe('a host with a full disk', () => {
  it.each([
    [4 * 2 ** 30, 'ok'],
    [4 * 2 ** 30 - 1, 'warning'],
    [2 ** 30, 'warning'],
    [2 ** 30 - 1, 'fault'],
    [0, 'fault'],
  ])('of which %i bytes are free: %s', (free, state) => {
    expect(worst(on({ free }))).toBe(state);
  });
});

describe('a host without a tool', () => {
  it.each(hostTools.map(({ tool, debian }) => [tool, debian]))(
    'without %s names the package %s',
    (tool, debian) => {
      const tools = new Map([...sound.tools].filter(([name]) => name !== tool));
      // Few run it in a namespace of their own.
      const state = tool === 'fakechroot' ? 'warning' : 'fault';
      expect(complaints(on({ tools }))).toEqual([`${state} ${tool} → apt-get install ${debian}`]);
    },
  );

  it('does not need newuidmap as root', () => {
    const tools = new Map([...sound.tools].filter(([name]) => name !== 'newuidmap'));
    expect(worst(on({ tools, isRoot: true }))).toBe('warning');
  });
});

describe('a QEMU', () => {
  it('that is missing is a warning: the pipeline builds one', () => {
    expect(worst(on({ qemu: undefined }))).toBe('warning');
  });

  it('without the AppleSMC is a fault', () => {
    const devices = without(sound.qemu?.devices ?? new Set<string>(), 'isa-applesmc');
    const checks = on({ qemu: { ...(sound.qemu as NonNullable<Surroundings['qemu']>), devices } });
    expect(checks.find(({ name }) => name === 'QEMU')).toMatchObject({
      state: 'fault',
      finding: '7.2.22, /usr/bin/qemu-system-x86_64 lacks isa-applesmc',
    });
  });
});

describe('a computer that Apple did not make', () => {
  it.each([['Dell Inc.'], ['Applied Micro'], [undefined]])('but %s is warned of the licence', (vendor) => {
    expect(complaints(on({ host: { vendor } }))).toEqual([
      'warning Apple hardware → boot asks whether you have the right to run it here',
    ]);
  });
});

describe('what forbids namespaces', () => {
  it.each([
    [
      { apparmor: true },
      'AppArmor restricts user namespaces: `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`',
    ],
    [{ filtered: true }, 'docker run --security-opt seccomp=unconfined'],
    [{ noClone: true }, '`sysctl -w kernel.unprivileged_userns_clone=1`'],
    [{ most: 0 }, '`sysctl -w user.max_user_namespaces=15000`'],
  ])('is named with the line that helps: %o', (limits, line) => {
    const namespaces = { ...sound.namespaces, ...limits };
    const check = on({ sandboxFault: 'setting up uid map: Permission denied', namespaces }).find(
      ({ name }) => name === 'user namespaces',
    );
    expect(check).toMatchObject({ state: 'fault', finding: 'setting up uid map: Permission denied' });
    expect(check?.mend).toContain(line);
  });
});

describe('what only booting needs', () => {
  it('is no fault for who only builds, and what building needs is', () => {
    const qemu = sound.qemu && { ...sound.qemu, devices: without(sound.qemu.devices, 'isa-applesmc') };
    const checks = on({ qemu, free: 0 });
    expect(worst(checks.filter(({ needed }) => needed !== undefined))).toBe('fault');
    expect(
      checks
        .map(asBuilder)
        .filter(({ state }) => state === 'fault')
        .map(({ name }) => name),
    ).toEqual(['disk space']);
  });
});

import type { GuestMachine } from '../machine.ts';
import type { Wiring } from '../qemu-options.ts';

/** Where the domain expects the SMC's configuration with the user's key. */
const smcConfig = '/etc/cidermill/smc.cfg';

/**
 * A domain for libvirt. The key is not in it: it names a -readconfig file, and says how to make it. What libvirt has no
 * words for is passed to QEMU as it is.
 */
export function libvirtDomain(
  name: string,
  title: string,
  program: string,
  machine: GuestMachine,
  wiring: Wiring,
): string {
  const { situation, topology, cpu } = machine;
  return [
    `<!-- ${comment(title)}`,
    `  Your key is not in here. ${smcConfig}, which nobody but QEMU's user may read (mode 0600), has to hold:`,
    '    [device "smc"]',
    '      driver = "isa-applesmc"',
    '      osk = "the 64 characters of your key"',
    '-->',
    `<domain type='${situation.accel === 'kvm' ? 'kvm' : 'qemu'}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>`,
    `  <name>${xml(name)}</name>`,
    `  <memory unit='MiB'>${situation.memory}</memory>`,
    `  <vcpu>${situation.cpus}</vcpu>`,
    '  <os>',
    `    <type arch='x86_64' machine='${machine.type}'>hvm</type>`,
    ...started(wiring.start),
    '  </os>',
    '  <features><acpi/><apic/></features>',
    `  <cpu mode='custom' match='exact' check='none'>`,
    `    <model fallback='forbid'>${xml(cpu.value)}</model>`,
    ...(topology === undefined
      ? []
      : [`    <topology sockets='${topology.sockets}' cores='${topology.cores}' threads='1'/>`]),
    '  </cpu>',
    `  <clock offset='utc'/>`,
    '  <devices>',
    `    <emulator>${xml(program)}</emulator>`,
    `    <controller type='sata' index='0'/>`,
    ...usbControllers(machine.type),
    ...disks(machine, wiring),
    ...network(machine),
    `    <input type='keyboard' bus='usb'/>`,
    `    <input type='mouse' bus='usb'/>`,
    ...graphics(wiring),
    `    <video><model type='vga'/></video>`,
    `    <memballoon model='none'/>`,
    '  </devices>',
    '  <qemu:commandline>',
    ...qemuArguments(machine, wiring).map((value) => `    <qemu:arg value='${xml(value)}'/>`),
    '  </qemu:commandline>',
    '</domain>',
    '',
  ].join('\n');
}

/** The variables' store is the guest's own: no template that libvirt copies. */
function started(start: Wiring['start']): string[] {
  if (start.by === 'ovmf')
    return [
      `    <loader readonly='yes' type='pflash'>${xml(start.code)}</loader>`,
      `    <nvram>${xml(start.vars)}</nvram>`,
    ];
  return [
    ...(start.firmware === undefined ? [] : [`    <loader type='rom'>${xml(start.firmware)}</loader>`]),
    `    <kernel>${xml(start.loader)}</kernel>`,
  ];
}

/** Those that -usb makes; left alone libvirt takes an xHCI, for which the older releases have no driver. */
/** On a socket of libvirt's own, or on a port of this host where that was asked for. */
function graphics({ display }: Wiring): string[] {
  switch (display?.kind) {
    case 'none':
      return [];
    case 'vnc-tcp':
      return [`    <graphics type='vnc' listen='127.0.0.1' autoport='yes'/>`];
    default:
      return [`    <graphics type='vnc'><listen type='socket'/></graphics>`];
  }
}

function usbControllers(type: GuestMachine['type']): string[] {
  if (type === 'pc') return [`    <controller type='usb' index='0' model='piix3-uhci'/>`];
  return [
    `    <controller type='usb' index='0' model='ich9-ehci1'/>`,
    ...[1, 2, 3].map(
      (each) =>
        `    <controller type='usb' index='0' model='ich9-uhci${each}'><master startport='${2 * (each - 1)}'/></controller>`,
    ),
  ];
}

function disks({ buses }: GuestMachine, { start, disk, iso, share, snapshot }: Wiring): string[] {
  const drive = (file: string, format: string, bus: number, transient: boolean, first = false): string[] => [
    `    <disk type='file' device='disk'>`,
    `      <driver name='qemu' type='${format}'/>`,
    `      <source file='${xml(file)}'/>`,
    `      <target dev='sd${'abcdef'[bus] ?? 'f'}' bus='sata'/>`,
    ...(transient ? ['      <transient/>'] : []),
    ...(first ? [`      <boot order='1'/>`] : []),
    `      <address type='drive' controller='0' bus='0' target='0' unit='${bus}'/>`,
    '    </disk>',
  ];
  return [
    ...(start.by === 'ovmf' ? drive(start.esp, 'raw', buses.esp, snapshot, true) : []),
    ...drive(disk.file, disk.format, buses.disk, snapshot),
    ...(iso === undefined ? [] : drive(iso, 'raw', buses.iso, true)),
    // libvirt knows a shared folder as a read-only disk only, which an AHCI disk cannot be.
    ...(share === undefined
      ? []
      : [
          `    <disk type='dir' device='disk'>`,
          `      <driver name='qemu' type='fat'/>`,
          `      <source dir='${xml(share.folder)}'/>`,
          `      <target dev='sdz' bus='usb'/>`,
          '      <readonly/>',
          '    </disk>',
        ]),
  ];
}

function network({ nic }: GuestMachine): string[] {
  if (nic === undefined) return [];
  const slot = /addr=(\w+)/.exec(nic.address?.value ?? '')?.[1];
  const address =
    slot === undefined
      ? []
      : [
          `      <address type='pci' domain='0x0000' bus='0x00' slot='0x${slot.padStart(2, '0')}' function='0x0'/>`,
        ];
  const model = nic.model === 'virtio-net-pci' ? 'virtio' : nic.model;
  return [`    <interface type='user'>`, `      <model type='${model}'/>`, ...address, '    </interface>'];
}

/** What libvirt has no words for. */
function qemuArguments({ smbios, cpu, cpuOptions, typeOptions }: GuestMachine, { extra }: Wiring): string[] {
  return [
    ...(smbios === undefined ? [] : ['-smbios', smbios.value]),
    ...(typeOptions === undefined ? [] : ['-machine', typeOptions.value]),
    ...(cpuOptions === undefined ? [] : ['-cpu', `${cpu.value},${cpuOptions.value}`]),
    ...['-readconfig', smcConfig],
    ...extra,
  ];
}

function xml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    "'": '&apos;',
    '"': '&quot;',
  };
  return text.replace(/[&<>'"]/g, (character) => entities[character] ?? character);
}

/** Two hyphens would end it. */
function comment(text: string): string {
  return text.replaceAll('--', '- -');
}

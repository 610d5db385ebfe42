import type { GuestMachine } from '../machine.ts';
import { qemuOptions, type Wiring } from '../qemu-options.ts';

/** Packer makes these itself, from efi_firmware_code and a copy of efi_firmware_vars. */
function isFlash([, value = '']: readonly string[]): boolean {
  return value.startsWith('if=pflash,');
}

/** Of Packer's own templates: the disk it works on and the port it forwards to the guest's SSH. */
const packerDisk = '{{ .OutputDir }}/{{ .Name }}';
const packerForward = ',hostfwd=tcp::{{ .SSHHostPort }}-:22';

/**
 * A template for Packer's QEMU builder, in HCL's JSON form: it works on a copy of the disk. The key is not in it: the
 * variable smc_config names a -readconfig file with it.
 * @param program QEMU
 */
export function packerTemplate(
  name: string,
  title: string,
  program: string,
  machine: GuestMachine,
  wiring: Wiring,
): string {
  const options = qemuOptions(machine, {
    ...wiring,
    disk: { file: packerDisk, format: wiring.disk.format },
    smc: '${var.smc_config}',
    monitor: 'none',
  });
  const { situation } = machine;
  const template = {
    '//': `${title}. Your key is not in here: smc_config names a file that only you can read, with the lines [device "smc"], driver = "isa-applesmc" and osk = "…".`,
    packer: {
      required_plugins: { qemu: { source: 'github.com/hashicorp/qemu', version: '>= 1.0.0' } },
    },
    variable: {
      smc_config: { type: 'string', description: 'a -readconfig file with isa-applesmc and your key' },
      ssh_username: { type: 'string', default: '' },
      ssh_password: { type: 'string', default: '', sensitive: true },
    },
    source: {
      qemu: {
        [name]: {
          qemu_binary: program,
          accelerator: situation.accel,
          machine_type: machine.type,
          cpus: situation.cpus,
          memory: situation.memory,
          disk_image: true,
          iso_url: wiring.disk.file,
          iso_checksum: 'none',
          format: wiring.disk.format,
          headless: true,
          communicator: 'ssh',
          ssh_username: '${var.ssh_username}',
          ssh_password: '${var.ssh_password}',
          shutdown_command: 'sudo shutdown -h now',
          ...(wiring.start.by === 'ovmf' && {
            efi_boot: true,
            efi_firmware_code: wiring.start.code,
            efi_firmware_vars: wiring.start.vars,
          }),
          qemuargs: options
            .filter(({ args }) => !isFlash(args))
            .map(({ args: [flag = '', value = ''] }) => [
              flag,
              // In place of a port that was given Packer forwards one that it has found free.
              flag === '-netdev' ? value.replace(/,hostfwd=.*$/, '') + packerForward : value,
            ]),
        },
      },
    },
    build: { sources: [`source.qemu.${name}`] },
  };
  return `${JSON.stringify(template, null, 2)}\n`;
}

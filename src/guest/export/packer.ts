import type { GuestMachine } from '../machine.ts';
import { qemuOptions, type Wiring } from '../qemu-options.ts';

/**
 * Of Packer's own templates: the disk it works on, its copy of the firmware's variables, and the port it forwards to the
 * guest's SSH.
 */
const packerDisk = '{{ .OutputDir }}/{{ .Name }}';
const packerVars = '{{ .OutputDir }}/efivars.fd';
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
  const { start } = wiring;
  // Where qemuargs have a -drive Packer leaves out all of its own, the flash among them.
  const options = qemuOptions(machine, {
    ...wiring,
    start: start.by === 'ovmf' ? { ...start, vars: packerVars } : start,
    disk: { file: packerDisk, format: wiring.disk.format },
    smc: '${var.smc_config}',
    monitor: 'none',
  });
  const { situation, nic } = machine;
  const template = {
    '//': `${title}. Your key is not in here: smc_config names a file that only you can read, with the lines [device "smc"], driver = "isa-applesmc" and osk = "…".`,
    packer: {
      // efi_boot is newer than the plugin: 1.0.8 has it.
      required_plugins: {
        qemu: {
          source: 'github.com/hashicorp/qemu',
          version: start.by === 'ovmf' ? '>= 1.0.8' : '>= 1.0.0',
        },
      },
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
          // Packer adds a card of this model where no -device names one, on a network that there is not.
          ...(nic && { net_device: nic.model === 'virtio-net-pci' ? nic.model : 'e1000' }),
          communicator: 'ssh',
          ssh_username: '${var.ssh_username}',
          ssh_password: '${var.ssh_password}',
          shutdown_command: 'sudo shutdown -h now',
          ...(start.by === 'ovmf' && {
            efi_boot: true,
            efi_firmware_code: start.code,
            efi_firmware_vars: start.vars,
          }),
          qemuargs: options.map(({ args: [flag = '', value = ''] }) => [
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

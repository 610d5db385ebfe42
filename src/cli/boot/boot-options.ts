import { InvalidArgumentError, Option, type Command } from 'commander';
import { accelerators, displays, mostPort } from '../../guest/index.ts';
import { exportForms } from './boot-output.ts';
import { addMachineFlags } from './machine-flags.ts';

/** Adds all that `boot` takes: files, the machine, how it is shown, and what is done with it. */
export function addBootOptions(command: Command): Command {
  command
    .option('--guest <release>', 'lion, 10.7, or with its update 10.7.4; a file may name it')
    .option('--disk <file>', "the guest's disk, qcow2 or raw")
    .addOption(
      new Option(
        '--disk-format <format>',
        'its format; without it a qcow2 image is known by its header',
      ).choices(['qcow2', 'raw']),
    )
    .option('--backing <folder>', "with --disk-format: the folder of the disk's backing files")
    .option('--iso <file>', 'the installer, a raw image of its whole disk')
    .option('--loader <file>', "the loader, Chameleon's `boot`")
    .option('--qemu <program>', 'qemu-system-x86_64, or the folder it is installed in')
    .option(
      '--firmware <kind>',
      "seabios, ovmf (UEFI, of the pipeline uefi-image), or the file of a SeaBIOS other than QEMU's own",
    )
    .option('--esp <file>', 'with --firmware ovmf: a raw disk with an EFI system partition');
  return addMachineFlags(command)
    .addOption(
      new Option('--accel <how>', 'how QEMU runs it: auto looks at the CPU and times a small guest')
        .choices([...accelerators, 'auto'])
        .default('auto'),
    )
    .addOption(
      new Option(
        '--display <kind>',
        'a window, VNC for you alone, VNC on a port for all users of this host, or nothing; by default a window if possible, else VNC',
      ).choices(displays),
    )
    .option('--share <folder>', 'a folder that the guest sees as a FAT disk; what it writes is dropped')
    .option(
      '--share-writable',
      "let the guest write into the shared folder, by QEMU's vvfat, which can lose data: keep a copy",
    )
    .option(
      '--ssh-port <port>',
      'a port of this host alone (127.0.0.1) that leads to port 22 of the guest',
      port,
    )
    .option('--snapshot', 'throw away what the guest writes to its disks')
    .option('--osk <reference>', 'where your key is: env:NAME, file:PATH or smc (default: CIDERMILL_OSK)')
    .option('--i-have-the-right', 'confirm that you may run OS X on this computer, which Apple did not make')
    .option(
      '--wait-for <text>',
      'run without a window until this text appears on the serial line (or screen:TEXT, console:TEXT)',
    )
    .option(
      '--loader-flags <flags>',
      "kernel flags to type at the loader's prompt, which then starts: -v idlehalt=0",
    )
    .option('--pick <volume>', "… from the volume with this in its name; by default from the loader's choice")
    .option('--timeout <seconds>', 'how long to wait for it', seconds, 600)
    .option('--trust <file>', 'of a product in a registry: one of these allowed signers must have signed it')
    .option('--plain-http', 'speak http with the registry also where it is not this machine')
    .option('--save <file>', "write what was given as a guest's own file, for `boot FILE`, and start nothing")
    .option('--dry-run', 'print the command, each option with its reason')
    .addOption(
      new Option('--export <form>', 'print the same machine for another program, without your key').choices(
        exportForms,
      ),
    );
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > mostPort)
    throw new InvalidArgumentError(`Expected a port from 1 to ${mostPort}.`);
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > 86_400)
    throw new InvalidArgumentError('Expected a whole number of seconds.');
  return value;
}

import { copyFile, cp } from 'node:fs/promises';
import { step } from 'cidermill/step';

const { input, output } = await step();

// A step of its own: other firmware is no reason to build QEMU again.
await cp(input('programs'), 'qemu', { recursive: true, verbatimSymlinks: true });
for (const name of ['bios', 'vgabios-stdvga', 'vgabios-vmware']) {
  const file = name === 'bios' ? 'bios-256k.bin' : `${name}.bin`;
  await copyFile(input(name), `qemu/share/qemu/${file}`);
}
await output('qemu', 'qemu');

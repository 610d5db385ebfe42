import { copyFile, cp } from 'node:fs/promises';
import { step } from '#step';

const { inputs, output } = await step();

// A step of its own: other firmware is no reason to build QEMU again.
await cp(inputs['programs'] as string, 'qemu', { recursive: true, verbatimSymlinks: true });
for (const name of ['bios', 'vgabios-stdvga', 'vgabios-vmware']) {
  const file = name === 'bios' ? 'bios-256k.bin' : `${name}.bin`;
  await copyFile(inputs[name] as string, `qemu/share/qemu/${file}`);
}
await output('qemu', 'qemu');

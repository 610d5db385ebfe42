import { statSync } from 'node:fs';
import { step } from '#step';

const { $, inputs, params, output, note } = await step();
const image = 'disk.qcow2';
const qemuImg = `${inputs['qemu'] as string}/bin/qemu-img`;

await $`${qemuImg} create -f qcow2 ${image} ${params.number('size')}`;
await $`${qemuImg} check ${image}`;
const { stdout } = await $`${qemuImg} info --output=json ${image}`;
const info = JSON.parse(stdout) as { 'virtual-size': number };
const size = statSync(image).size;
note(`qcow2, ${info['virtual-size']} bytes for the guest, ${size} bytes to begin with, no errors`);
await output('image', image);

import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { layOut } from '#disk';
import { guidFrom } from '#formats/gpt';
import { openTarget } from '#image';
import { step } from 'cidermill/step';

const { $, input, text, number, flag, list, output, note } = await step();
const image = 'disk.qcow2';
const qemuImg = `${input('qemu')}/bin/qemu-img`;
const [size, name] = [number('size'), text('volume')];

if (name === '') await $`${qemuImg} create -f qcow2 ${image} ${size}`;
else {
  const disk = await openTarget('disk.raw', 'new');
  await disk.resize(size);
  const loader = {
    timeout: number('timeout'),
    kernelFlags: list('kernel-flags'),
    ...(text('graphics-mode') !== '' && { graphicsMode: text('graphics-mode') }),
    gui: flag('gui'),
  };
  // 1980-01-01, as everywhere, and GUIDs that stay: the same parameters make the same bytes.
  const identity = {
    guid: (of: string) => guidFrom(`guest disk ${name} ${size} ${of}`),
    date: new Date(315_532_800_000),
  };
  await layOut(disk, { name, loader }, identity);
  await disk.close();
  await $`${qemuImg} convert -f raw -O qcow2 disk.raw ${image}`;
  await rm('disk.raw');
}
await $`${qemuImg} check -f qcow2 ${image}`;
const { stdout } = await $`${qemuImg} info -f qcow2 --output=json ${image}`;
const info = JSON.parse(stdout) as { 'virtual-size': number };
const taken = statSync(image).size;
const volume = name === '' ? '' : `, the HFS+ volume "${name}"`;
note(`qcow2, ${info['virtual-size']} bytes for the guest${volume}, ${taken} bytes to begin with, no errors`);
await output('image', image);

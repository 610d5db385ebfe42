import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { Failure } from '#base';
import { step } from 'cidermill/step';
import { sizeOfOneFile } from './boot/one-file.ts';

const { $, input, number, output, note } = await step();
const [qemu, image] = [input('qemu'), input('image')];
const size = await sizeOfOneFile($, qemu, image);
if (size !== number('size'))
  throw new Failure(
    'disk-refused',
    `the base image has ${size} bytes for the guest, and the size asked for is ${number('size')}`,
    { hint: `Give --set disk-size=${size}, or grow it: cidermill disk grow IMAGE SIZE.` },
  );
await $`${qemu}/bin/qemu-img check -f qcow2 ${image}`;
// The same bytes as were given: what boots is what a team knows by its digest.
await copyFile(image, 'disk.qcow2', constants.COPYFILE_FICLONE);
note(`qcow2, ${size} bytes for the guest, no errors`);
await output('image', 'disk.qcow2');

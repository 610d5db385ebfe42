import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '#base';
import { step } from 'cidermill/step';

const { $, source, jobs, output, note } = await step();
const tree = source('tree');

/** Microsoft PE and COFF Specification, 2 and 3: offsets in the headers. */
const [peOffset, machine, timestamp, checksum, subsystem] = [0x3c, 4, 8, 24 + 64, 24 + 68];
const [x64, bootServiceDriver] = [0x8664, 11];

const given = (await $`find ${tree} -maxdepth 1 -iname '*.efi' -printf '%f\n'`.quiet()).lines();
const [only] = given;
if (given.length > 1)
  throw new Failure(
    'wrong-prebuilt',
    `the source hfsplus-efi.tree has ${given.length} drivers: ${given.join(', ')}`,
  );
if (only === undefined && !existsSync(join(tree, 'filesystems')))
  throw new Failure(
    'missing-part',
    'the folder given as hfsplus-efi.tree has no .efi file, and is no source of rEFInd',
    { hint: 'Give a folder with the one driver in it.' },
  );
const driver = only === undefined ? await build() : await readFile(join(tree, only));
await writeFile('driver.efi', checked(driver, only ?? 'the driver'));
note(only === undefined ? "rEFInd's driver" : `the driver that was given, ${only}`);
await output('driver', 'driver.efi');

async function build(): Promise<Buffer> {
  // Made in its own tree, and sources are read-only.
  await $`cp -R ${tree} tree && chmod -R u+w tree`;
  await $`make -C tree/filesystems -j${jobs} hfs_gnuefi`;
  const made = await readFile('tree/filesystems/hfs_x64.efi');
  // objcopy writes the clock there, and a sum over it; firmware asks for neither.
  for (const field of [timestamp, checksum]) made.writeUInt32LE(0, made.readUInt32LE(peOffset) + field);
  return made;
}

/** @throws Failure 'wrong-prebuilt' for what the firmware would not take as a driver */
function checked(image: Buffer, name: string): Buffer {
  const header = image.length >= 64 ? image.readUInt32LE(peOffset) : image.length;
  const isPe =
    image.length >= header + subsystem + 2 && image.toString('latin1', header, header + 4) === 'PE\0\0';
  if (!isPe || image.readUInt16LE(header + machine) !== x64)
    throw new Failure('wrong-prebuilt', `${name} is not a program for 64-bit x86 and UEFI`);
  if (image.readUInt16LE(header + subsystem) !== bootServiceDriver)
    throw new Failure('wrong-prebuilt', `${name} is an EFI program, but not a boot service driver`);
  return image;
}

import { existsSync } from 'node:fs';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { Failure } from '#base';
import { gptTypes, guidFrom, makeGpt } from '#formats/gpt';
import { openFile, openTarget } from '#image';
import { step } from 'cidermill/step';

const { $, source, input, text, number, output, note } = await step();
const [tree, fat, disk] = ['tree', 'fat.img', 'esp.img'] as const;
const size = Math.ceil(number('size') / 2 ** 20) * 2 ** 20;
const label = text('label');
const map = makeGpt({
  disk: guidFrom(`esp ${label} ${size}`),
  partitions: [{ type: gptTypes.efi, id: guidFrom(`esp ${label} ${size} fat`), name: 'EFI', size }],
});
const offset = map.partitions[0]?.offset ?? 0;
// FAT's times are of the place, and mtools and 7zz take names in the locale's letters.
const here = ['env', 'TZ=UTC', 'LC_ALL=C.UTF-8'];

await layOutTree();
// Another's program reads what was written: the file system is whole, and every file has its bytes.
const files = await makeFat();
await $`fsck.fat -n -v ${fat}`;
await $`${here} 7zz x -y -oread ${fat} && diff -r ${tree} read`;
await makeDisk();
await $`sgdisk -v ${disk} | tee map.txt && grep -q '^No problems found' map.txt`;
note(`${files} files on FAT32 "${label}", ${size} bytes`);
await output('disk', disk);
await cp(input('driver'), 'hfsplus.efi');
await output('driver', 'hfsplus.efi');

/** The files as they are to lie on the volume. What is given as OpenCore's goes before ours. */
async function layOutTree(): Promise<void> {
  const opencore = source('opencore');
  if (!existsSync(`${opencore}/EFI`))
    throw new Failure('missing-part', 'the folder given as esp.opencore has no folder EFI', {
      hint: 'Give the folder X64 of a release of OpenCore, with a config.plist of yours in EFI/OC.',
    });
  await cp(opencore, tree, { recursive: true });
  await place(input('loader'), 'EFI/BOOT/BOOTX64.EFI');
  await place(input('loader'), 'EFI/cidermill/loader.efi');
  await place(input('driver'), 'EFI/cidermill/hfsplus.efi');
  for (const name of await readdir(source('own'))) await place(`${source('own')}/${name}`, name);
}

/** Puts a file of ours there, unless the user's folder has one: FAT knows no capitals, and OpenCore writes BOOTx64.efi. */
async function place(file: string, path: string): Promise<void> {
  let at: string = tree;
  const names = path.split('/');
  for (const [index, name] of names.entries()) {
    const there = await readdir(at);
    const known = there.find((each) => each.toLowerCase() === name.toLowerCase());
    if (known !== undefined && index === names.length - 1) return;
    at = `${at}/${known ?? name}`;
    if (index < names.length - 1) await mkdir(at, { recursive: true });
  }
  await cp(file, at);
}

/** One by one and in their order: a folder's entries lie as they are written. @returns how many files there are */
async function makeFat(): Promise<number> {
  const [sectors, hidden] = [size / 512, offset / 512];
  await $`truncate -s ${size} ${fat} && ${here} mformat -i ${fat} -F -T ${sectors} -h 255 -s 63 -H ${hidden} -N c1de0e51 -v ${label} ::`;
  const found = async (type: string): Promise<string[]> =>
    (await $`cd ${tree} && find . -mindepth 1 -type ${type} -printf '%P\n' | LC_ALL=C sort`.quiet()).lines();
  for (const folder of await found('d')) await $`${here} mmd -i ${fat} ${`::${folder}`}`.quiet();
  const placed = await found('f');
  for (const file of placed) {
    const copied = await $`${here} mcopy -i ${fat} ${`${tree}/${file}`} ${`::${file}`}`.nothrow().quiet();
    if (copied.exitCode !== 0) throw notCopied(file, copied.stderr.trim());
  }
  return placed.length;
}

function notCopied(file: string, why: string): Failure {
  if (!/disk full/i.test(why))
    return new Failure('cannot-write', `mcopy cannot put ${file} on the partition: ${why}`);
  return new Failure('no-room', `the files do not fit on a partition of ${size} bytes: ${file} is too much`, {
    hint: 'Give more: --set esp-size=SIZE of the pipeline, --set size=SIZE of the recipe.',
  });
}

async function makeDisk(): Promise<void> {
  const [from, target] = [await openFile(fat), await openTarget(disk, 'new')];
  await target.resize(map.size);
  for (const { offset: at, bytes } of map.patches) await target.write(at, bytes);
  for (let at = 0; at < size; at += 2 ** 20)
    await target.write(offset + at, await from.read(at, Math.min(2 ** 20, size - at)));
  await target.close();
  await from.close();
}

import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../../src/base/index.ts';
import { cached, makeCached } from '../judges/cache.ts';
import { makeHfsPlus, runLinux } from '../judges/index.ts';

/** A volume that mkfs.hfsplus makes and Linux's own driver fills. */
export interface VolumeRecipe {
  /** In MiB. */
  readonly size: number;
  /** Of mkfs.hfsplus. */
  readonly options: readonly string[];
  /** For BusyBox's shell, with the volume's root as the working directory. */
  readonly script: string;
}

/** Makes the volume, or takes it from the cache: it takes a boot. The file must not be changed. */
export async function linuxVolume(recipe: VolumeRecipe): Promise<string> {
  const name = `volume-${sha256(JSON.stringify(recipe)).slice(0, 16)}`;
  await makeCached(name, async (folder) => {
    const path = join(folder, 'volume');
    writeFileSync(path, '');
    truncateSync(path, recipe.size * 2 ** 20);
    makeHfsPlus(path, 'made by Linux', recipe.options);
    const out = await runLinux(
      [{ path, writable: true }],
      `mount_disk 0 rw
cd /mnt
(
set -e
${recipe.script}
) 2>/out/errors
cd /
umount /mnt || echo "it cannot be unmounted" >>/out/errors`,
    );
    const errors = out.get('errors') ?? '';
    if (errors !== '') throw new Error(`Linux could not make the volume: ${errors}`);
    // What was never written reads as zeros anyhow.
    writeFileSync(path, readFileSync(path));
  });
  return join(cached(name), 'volume');
}

/** Files in more pieces than their records hold, odd names, hard and symbolic links, devices, all kinds of modes. */
export const fragmented: VolumeRecipe = {
  size: 8,
  options: ['-b', '4096', '-n', 'c=4096'],
  script: `
mkdir small many deep
i=0
while head -c 4096 /dev/zero | tr '\\0' $((i % 10)) >small/$i 2>/dev/null; do i=$((i + 1)); done
rm small/$i
j=0
while [ $j -lt $i ]; do rm small/$j; j=$((j + 2)); done
yes 'in pieces' | head -c 1500000 >pieces
yes 'in as many' | head -c 500000 >more-pieces
rm small/*1 small/*3
j=0
while [ $j -lt 400 ]; do : >"many/file with a name of some length, number $j"; j=$((j + 1)); done
mkdir -p deep/a/b/c/d/e/f/g/h
echo deep >deep/a/b/c/d/e/f/g/h/file
ln pieces deep/hard
ln pieces deep/a/harder
ln -s ../pieces deep/soft
ln -s "$(head -c 1000 /dev/zero | tr '\\0' x)" deep/long
mknod deep/null c 1 3
mkfifo deep/pipe
echo a >'grünes Gemüse'
echo b >'Ærøskøbing ︵ 한국어 ☃'
echo c >'with:colon'
echo d >"$(head -c 255 /dev/zero | tr '\\0' n)"
chmod 4755 more-pieces
chmod 1777 deep
chown 501:20 deep/a
touch -d '2012-07-25 12:00:00' deep/a/b
`,
};

/** One that tells upper from lower case. */
export const caseSensitive: VolumeRecipe = {
  size: 4,
  options: ['-s'],
  script: `
mkdir a A
for name in b B ß SS é É; do echo $name >a/$name; done
ln a/b A/hard
`,
};

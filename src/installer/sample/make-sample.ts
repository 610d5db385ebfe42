import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryBeside } from '../../base/index.ts';
import { makeChunklist } from '../../formats/chunklist/index.ts';
import { newVolume, type VolumeEditor } from '../../formats/hfsplus/index.ts';
import { memorySource } from '../../formats/source/index.ts';
import { createDmg, openFile } from '../../image/index.ts';
import { releases } from '../releases.ts';
import { baseSystem } from './base-system.ts';
import { deflate } from './deflate.ts';
import { essentialsPackage } from './essentials.ts';
import { noise } from './noise.ts';
import { writeDisk, type SampleMap } from './write-disk.ts';

export interface Sample {
  /** "10.7" to "10.12", with or without a third number. */
  readonly version: string;
  readonly map: SampleMap;
  /** Of InstallESD.dmg, in bytes, about: it is filled up with what does not compress. */
  readonly size: number;
  /** What stands where the kernel would. */
  readonly kernel: Uint8Array;
}

export interface SampleOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

const date = new Date('2014-10-16T12:00:00Z');
/** A package of the real one has some hundred MB. */
const largestFiller = 512 * 2 ** 20;

/**
 * Makes a stand-in InstallESD.dmg: laid out as Apple's, with nothing of Apple's in it. The same sample is the same
 * bytes, by any build of Node. It appears by rename; what it is made of lies beside it until then.
 * @throws RangeError when no release of that version comes as an InstallESD.dmg
 */
export async function makeSample(sample: Sample, output: string, options: SampleOptions = {}): Promise<void> {
  const release = releases.find(
    ({ version, medium }) => medium === 'esd' && `${sample.version}.`.startsWith(`${version}.`),
  );
  if (release === undefined) throw new RangeError(`no InstallESD.dmg is of OS X "${sample.version}"`);
  const folder = temporaryBeside(output, 'parts');
  await mkdir(folder);
  try {
    const kernelInBase = !release.tasks.some((task) => task.do === 'kernel');
    const fill = Math.max(0, sample.size - 2 * sample.kernel.length - 2 ** 20);
    const base = baseSystem({
      version: sample.version,
      build: 'SAMPLE',
      date,
      kernel: kernelInBase ? sample.kernel : undefined,
      filler: Math.floor(fill / 10),
    });
    const [baseDisk, baseDmg] = [join(folder, 'base.disk'), join(folder, 'BaseSystem.dmg')];
    await writeDisk(baseDisk, base, { map: sample.map, seed: 'base system' });
    await createDmg(baseDisk, baseDmg, { format: 'UDZO', deflate, signal: options.signal });
    await rm(baseDisk);

    const baseFile = await openFile(baseDmg);
    try {
      const esd = newVolume({ name: 'OS X Install ESD', date });
      put(esd, 'BaseSystem.dmg', baseFile);
      put(esd, 'BaseSystem.chunklist', memorySource(await makeChunklist(baseFile)));
      const packages = esd.makeFolder(esd.root, 'Packages', { mode: 0o040755 });
      put(esd, 'Essentials.pkg', memorySource(await essentialsPackage(sample.kernel)), packages);
      for (let left = fill - Math.floor(fill / 10), index = 1; left > 0; index++, left -= largestFiller) {
        put(esd, `filler-${index}.bin`, noise(`package ${index}`, Math.min(left, largestFiller)), packages);
      }
      const esdDisk = join(folder, 'esd.disk');
      await writeDisk(esdDisk, esd, { map: sample.map, seed: 'medium', boot: true });
      await createDmg(esdDisk, output, { format: 'UDZO', deflate, ...options });
    } finally {
      await baseFile.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function put(
  edit: VolumeEditor,
  name: string,
  data: ReturnType<typeof memorySource>,
  folder = edit.root,
): void {
  edit.putFile(folder, name, { data, mode: 0o100644, createDate: date, contentModDate: date });
}

import { Failure, type ByteTarget } from '../base/index.ts';
import { checkVolume, type VolumeEditor } from '../formats/hfsplus/index.ts';
import { windowOf } from '../formats/source/index.ts';

/**
 * Writes an edited volume, and reads all of it again as one who does not know how it came to be.
 * @param offset of its partition in the disk, in bytes
 * @throws Failure 'volume-damaged' when something does not hold together
 */
export async function checkedCommit(
  disk: ByteTarget,
  offset: number,
  size: number,
  edit: VolumeEditor,
): Promise<void> {
  await edit.commit(windowOf(disk, offset, size), { size });
  const { faults, findings } = await checkVolume(windowOf(disk, offset, size));
  if (faults === 0) return;
  const first = findings.find(({ severity }) => severity === 'fault');
  throw new Failure('volume-damaged', `the volume would not be sound: ${first?.what ?? ''}`, {
    hint: 'The image was not changed. `cidermill hfs check` shows more about its volume.',
  });
}

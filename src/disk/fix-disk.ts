import { openVolume, editVolume } from '../formats/hfsplus/index.ts';
import { findHfsPlusToChange } from '../image/index.ts';
import { checkedCommit } from './checked-commit.ts';
import { diskInfo, type RawOption } from './check-disk.ts';
import { editDisk } from './edit-disk.ts';
import type { DiskTools } from './qemu-img.ts';

/** The extension whose idle loop uses MONITOR and MWAIT. Without it the guest idles by HLT. */
const powerManagement = 'System/Library/Extensions/AppleIntelCPUPowerManagement.kext';

/** What was made from the extensions: as long as it is there, the loader may take the removed one from it. */
const caches = [
  'System/Library/Extensions.mkext',
  'System/Library/Caches/com.apple.kext.caches/Startup',
  'System/Library/Caches/com.apple.kext.caches/Directories',
];

/**
 * Takes AppleIntelCPUPowerManagement.kext, and the caches that may hold it, off an installed disk.
 * @returns the paths that are gone; undefined when there was no such extension, and nothing was changed
 */
export async function fixDisk(
  tools: DiskTools,
  image: string,
  option: RawOption = {},
): Promise<readonly string[] | undefined> {
  const { format } = await diskInfo(tools, image, option);
  return editDisk(tools, image, { ...option, format }, async (disk) => {
    const { volume, offset } = await findHfsPlusToChange(disk);
    const edit = await editVolume(await openVolume(volume), { date: new Date() });
    if (edit.find(powerManagement) === undefined) return undefined;
    const gone = [powerManagement, ...caches].filter((path) => {
      const entry = edit.find(path);
      if (entry !== undefined) edit.remove(entry);
      return entry !== undefined;
    });
    await checkedCommit(disk, offset, volume.size, edit);
    return gone;
  });
}

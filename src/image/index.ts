export { byRename } from './by-rename.ts';
export { convertDmg, type Converted, type ConvertOptions } from './convert-dmg.ts';
export { createDmg, type Created } from './create/create-dmg.ts';
export type { CreateOptions } from './create/options.ts';
export { describeDmg, type ChecksumKind, type DmgInfo } from './describe-dmg.ts';
export { openFile, type FileSource } from './file-source.ts';
export { openTarget, type FileTarget } from './file-target.ts';
export { editImage, type EditedImage, type EditImageOptions } from './edit/edit-image.ts';
export { addHostFiles, type Added, type AddOptions, type HostLinks } from './edit/host-files.ts';
export { growPartition, planGrowth, type GrowOptions } from './grow-partition.ts';
export { checkFreeSpace } from './free-space.ts';
export { openDisk, type Disk } from './open-disk.ts';
export { openImage, type Image } from './open-image.ts';
export { openNested, placeOf, showPlace, type Place } from './nested.ts';
export { openInside, type Inside } from './open-inside.ts';
export { readPartitionMap, type Partition, type PartitionMap } from './partition-map.ts';
export { scatter, scatterBytes, type Move, type Scatter } from './scatter.ts';
export type { DecodeOptions } from './decode-all.ts';
export { verifyChunklist, type ChunklistOptions, type ChunklistVerdict } from './verify-chunklist.ts';
export { verifyDmg, type Verified } from './verify-dmg.ts';
export { openVolumeBytes, type VolumeBytes } from './volume-bytes.ts';
export { findHfsPlus, readVolume, type Volume, type VolumeFormat } from './volume.ts';
export {
  extractPackage,
  isArchive,
  packageEntries,
  readPackage,
  type Extracted,
  type Package,
} from './package/package.ts';
export { readMember } from '../formats/xar/index.ts';

export { byRename } from './by-rename.ts';
export { convertDmg, type Converted, type ConvertOptions } from './decode/convert-dmg.ts';
export { createDmg, type Created } from './create/create-dmg.ts';
export { createFromFolder, type FolderOptions } from './create/create-from-folder.ts';
export type { CreateOptions } from './create/options.ts';
export { describeDmg, type ChecksumKind, type DmgInfo } from './describe-dmg.ts';
export { extractPartition, partitionWork } from './extract/extract-partition.ts';
export {
  contentOf,
  findPartition,
  partitionsOf,
  partitionSource,
  type Numbered,
} from './open/map/partitions.ts';
export { extractVolume, type ExtractOptions } from './extract/extract-volume.ts';
export { folderByRename } from './extract/folder-by-rename.ts';
export type { ExtractionPlan, PlanOptions } from './extract/plan-volume.ts';
export { openFile, type FileSource } from './open/outer/file-source.ts';
export { openTarget, type FileTarget } from './file-target.ts';
export { editImage, type EditedImage, type EditImageOptions } from './edit/edit-image.ts';
export { addHostFiles, type Added, type AddOptions, type HostLinks } from './edit/host-files.ts';
export { growPartition, planGrowth, type GrowOptions } from './grow-partition.ts';
export { loaderTail, type LoaderTail } from './open/loader-tail.ts';
export { checkFreeSpace } from './free-space.ts';
export { openDisk, type Disk } from './open/open-disk.ts';
export { openImage, type Image } from './open/open-image.ts';
export { openNested } from './open/nested.ts';
export { openOuter, type Outer } from './open/outer/open-outer.ts';
export { parseImagePath, showImagePath, type ImagePath } from './open/place.ts';
export { openInside, type Inside } from './open/open-inside.ts';
export { listFolder, type ListedEntry } from './list-folder.ts';
export { readPartitionMap, type Partition, type PartitionMap } from './open/map/partition-map.ts';
export { refuseSameFile } from './same-file.ts';
export { scatter, scatterBytes, type Move, type Scatter } from './decode/scatter.ts';
export type { DecodeOptions } from './decode/decode-all.ts';
export { verifyChunklist, type ChunklistOptions, type ChunklistVerdict } from './verify-chunklist.ts';
export { verifyDmg, type Verified } from './decode/verify-dmg.ts';
export { openVolumeBytes, type VolumeBytes } from './open/volume-bytes.ts';
export {
  checkFillsPartition,
  findHfsPlus,
  findHfsPlusToChange,
  type FoundVolume,
} from './open/find-volume.ts';
export { readVolume, readVolumeIn, type Volume, type VolumeFormat } from './open/volume.ts';
export { extractPackage, type Extracted, type ExtractPackageOptions } from './extract/extract-package.ts';
export { packageEntries, payloadEntries, readPackage, type Package } from './package/package.ts';
export { readMember } from '../formats/xar/index.ts';

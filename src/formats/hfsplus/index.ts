export { checkVolume, type CheckReport } from './check/check-volume.ts';
export { isHfsPlus } from './check/blocks/header.ts';
export type { Area, Finding } from './check/findings.ts';
export { type Catalog, type Entry, fieldsOf } from './catalog.ts';
export { unixTime } from './date.ts';
export { isVolumesOwn } from './hard-links.ts';
export type { ForkSource } from './fork.ts';
export { childrenOf, findEntry } from './find.ts';
export { pathName } from './name.ts';
export {
  type HfsVolume,
  isSymlink,
  forkPlace,
  linkTarget,
  openAttribute,
  openData,
  openFork,
  openVolume,
} from './open-volume.ts';
export * from './volume-header.ts';
export * from './volume-name.ts';
export {
  editVolume,
  newVolume,
  type EditOptions,
  type FileContents,
  type VolumeEditor,
} from './write/editor.ts';
export { blocksInUse } from './write/blocks/in-use.ts';
export type { CommitOptions } from './write/layout/commit.ts';
export type { Placement } from './write/blocks/copy-data.ts';
export type { Metadata } from './write/model/metadata.ts';
export type { EditedEntry } from './write/model/model.ts';
export type { NewVolumeOptions } from './write/model/new-model.ts';

export {
  resolveBuildroot,
  ensurePackages,
  ensurePackageFolder,
  type BuildrootWish,
} from './apt/buildroot.ts';
export type { FetchProgress, SourceContext } from './context.ts';
export {
  packagesDigest,
  sourceDigest,
  type LockedBuildroot,
  type LockedFile,
  type LockedOrigin,
  type LockedPackage,
} from './locked.ts';
export {
  emptyLock,
  lockedInstead,
  lookUpBuildroot,
  lookUpOrigin,
  originsOf,
  type Lockfile,
  type LockEntry,
} from './lock/lock.ts';
export { lockLocal } from './local.ts';
export { parseLock, readLock, type ReadLock } from './lock/lock-read.ts';
export { mergeLock, updateLock, type LockChanges } from './lock/lock-write.ts';
export {
  originKey,
  originText,
  type DebianOrigin,
  type GitOrigin,
  type LocalOrigin,
  type Origin,
  type SvnOrigin,
  type UrlOrigin,
} from './origin.ts';
export { materialsOf, packageMaterials } from './materials.ts';
export { packagesIndex } from './apt/packages-index.ts';
export { ensureFiles, ensureSourceTree, lockOrigin, missingFiles } from './source.ts';
export { unpackArchive, type UnpackLimits } from '../archive/unpack.ts';
export { hashUserFile, openUserFiles, type UserFiles } from './user-file.ts';

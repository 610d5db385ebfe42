export { resolveBuildroot, type BuildrootWish } from './apt/buildroot.ts';
export { keepBuildroot } from './apt/keep.ts';
export { lockOffered } from './apt/debian.ts';
export { whereabouts, type Whereabouts } from './apt/where.ts';
export { changesBetween } from './lock/changes.ts';
export type { FetchProgress, SourceContext } from './context.ts';
export {
  filesOf,
  sourceDigest,
  type LockedBuildroot,
  type LockedFile,
  type LockedOrigin,
  type LockedPackage,
  type Pinned,
} from './locked.ts';
export {
  emptyLock,
  lockedInstead,
  lookUpBuildroot,
  lookUpOrigin,
  originsOf,
  type Lockfile,
} from './lock/lockfile.ts';
export { lockLocal } from './local.ts';
export { parseLockfile, readLockfile, type ReadLock } from './lock/read.ts';
export { mergeLock, updateLock, type LockChanges } from './lock/write.ts';
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
export { materialsOf } from './materials.ts';
export { compareVersions } from './apt/debian-version.ts';
export { hasSecurityLists, isSecuritySuite, offersOf } from './apt/offers.ts';
export { packagesIndex } from './apt/packages-index.ts';
export { ensureFiles, ensureSourceTree, lockOrigin, missingFiles } from './source.ts';
export { unpackArchive } from '../archive/unpack.ts';
export type { UnpackLimits } from '../archive/unpacked-tree.ts';
export { hashUserFile, openUserFiles, type UserFiles } from './user-file.ts';

export * from './checkup.ts';
export * from './host-facts.ts';
export * from './programs/install.ts';
export { kernelFolderParameters } from './kernel/build-folder.ts';
export * from './namespaces/namespace-limits.ts';
export * from './osk/osk.ts';
export * from './package-root.ts';
export * from './programs/packages.ts';
export * from './qemu.ts';
export * from './osk/smc.ts';
export * from './surroundings.ts';
export { readSystemPackages, type SystemPackages } from './programs/system-packages.ts';
export * from './programs/tools.ts';
export * from './namespaces/user-namespaces.ts';
export * from './timer-tick.ts';
export * from './version.ts';
export {
  diskFailure,
  diskSpace,
  nearestFolder,
  noSpace,
  storeHint,
  saysNoSpace,
  SpaceWatch,
  type DiskSpace,
  measuringSpace,
} from './disk-space.ts';

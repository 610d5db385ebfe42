export * from './checkup.ts';
export * from './host-facts.ts';
export * from './install.ts';
export { kernelFolderParameters } from './kernel/build-folder.ts';
export * from './namespace-limits.ts';
export * from './osk.ts';
export * from './package-root.ts';
export * from './packages.ts';
export * from './qemu.ts';
export * from './smc.ts';
export * from './surroundings.ts';
export { readSystemPackages, type SystemPackages } from './system-packages.ts';
export * from './tools.ts';
export * from './user-namespaces.ts';
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

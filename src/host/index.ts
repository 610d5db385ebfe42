export * from './checkup.ts';
export * from './install.ts';
export { kernelFolderParameters } from './kernel/build-folder.ts';
export * from './package-root.ts';
export * from './packages.ts';
export * from './tools.ts';
export * from './user-namespaces.ts';

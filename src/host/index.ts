export * from './checkup.ts';
export * from './install.ts';
export * from './package-root.ts';
export * from './packages.ts';
export { readSystemPackages, type SystemPackages } from './system-packages.ts';
export * from './tools.ts';
export * from './user-namespaces.ts';

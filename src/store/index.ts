export * from './blobs.ts';
export * from './layout.ts';
export * from './lock.ts';
export * from './temporary.ts';
export * from './trees.ts';

export * from './grow.ts';
export * from './layout.ts';
export * from './make.ts';
export * from './read.ts';

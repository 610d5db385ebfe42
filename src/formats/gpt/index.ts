export * from './grow.ts';
export * from './make.ts';
export * from './read.ts';

export * from './check-chunks.ts';
export * from './layout.ts';
export * from './make.ts';
export * from './read.ts';
export * from './signature.ts';

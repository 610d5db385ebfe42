export * from './volume-header.ts';
export * from './volume-name.ts';

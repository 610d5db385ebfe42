export { guidFrom } from './guid.ts';
export * from './grow.ts';
export * from './make.ts';
export * from './read.ts';

export * from './read.ts';
export type { PlistValue } from './value.ts';

export * from './read.ts';
export * from './unescape.ts';

export * from './bunzip2.ts';
export * from './byte-reader.ts';
export * from './deflate.ts';
export * from './inflate.ts';
export * from './stream-of.ts';

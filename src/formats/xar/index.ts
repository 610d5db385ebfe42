export * from './member.ts';
export * from './read.ts';
export * from './signature.ts';
export * from './write.ts';

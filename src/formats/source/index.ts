export * from './memory.ts';
export * from './slice.ts';

export * from './memory.ts';
export * from './slice.ts';
export * from './window.ts';

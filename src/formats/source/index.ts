export * from './concat.ts';
export * from './memory.ts';
export * from './patch.ts';
export * from './slice.ts';
export * from './window.ts';

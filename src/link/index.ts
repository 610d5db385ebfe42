export * from './layout.ts';
export * from './link.ts';

export * from './header.ts';

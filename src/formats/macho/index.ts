export * from './object.ts';
export * from './relocation.ts';
export * from './section.ts';
export * from './symbol.ts';
export * from './wrap-code.ts';

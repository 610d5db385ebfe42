export * from './field.ts';
export * from './struct.ts';

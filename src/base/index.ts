export * from './byte-source.ts';
export * from './byte-target.ts';
export * from './canonical-json.ts';
export * from './diagnostic.ts';
export * from './digest.ts';
export * from './failure.ts';
export * from './format-error.ts';
export * from './span.ts';

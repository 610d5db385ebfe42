export * from './adc.ts';
export * from './block-table.ts';
export * from './crc32.ts';
export * from './decode.ts';
export * from './decoded-image.ts';
export * from './koly.ts';
export * from './mish.ts';
export * from './udif.ts';

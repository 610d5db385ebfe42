export { growMbr } from './grow.ts';
export { hfsType } from './layout.ts';
export { readMbr, type Mbr, type MbrPartition } from './read.ts';

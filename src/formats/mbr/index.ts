export { growMbr } from './grow.ts';
export { readMbr, type Mbr, type MbrPartition } from './read.ts';

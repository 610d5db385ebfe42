export { readQcow2, type Qcow2 } from './read.ts';

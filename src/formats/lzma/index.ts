export { isLzma, unlzma } from './unlzma.ts';

export { type Layout } from './layout.ts';
export { link, type Linked } from './link.ts';
export { type LinkInput } from './load.ts';

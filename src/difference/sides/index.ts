export { compareSides, type Aspect, type Change, type CompareOptions } from './compare-sides.ts';
export { diskSide } from './disk-side.ts';
export { withSide, type SideOptions } from './open-side.ts';

export { compareTrees, type FileDifference, type TreeFile, type TreeEntry } from './compare-trees.ts';
export { diffoscope } from './diffoscope.ts';
export { locateDifference, type Difference, type Excerpt } from './locate.ts';
export {
  compareSides,
  diskSide,
  withSide,
  type Aspect,
  type Change,
  type CompareOptions,
  type SideOptions,
} from './sides/index.ts';

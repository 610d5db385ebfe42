export { compareTrees, type FileDifference, type TreeFile, type TreeEntry } from './compare-trees.ts';
export { diffoscope } from './diffoscope.ts';
export { locateDifference, type Difference, type Excerpt } from './locate.ts';

export { kernelNeeds, type KernelNeeds } from './fixes.ts';
export { chooseKmod, type KmodUse } from './kmod-tags.ts';
export {
  compareKernels,
  parseKernelVersion,
  seriesOf,
  showSeries,
  versionOfMakefile,
  type KernelVersion,
} from './version.ts';

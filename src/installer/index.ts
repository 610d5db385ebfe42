export { makeIso, type MakeOptions } from './make-iso.ts';
export { openMedium, type Medium } from './medium.ts';
export { planIso, type IsoOptions, type IsoPlan } from './plan.ts';
export { findRecovery, type Recovery } from './recovery.ts';
export { releases, type Release, type Task } from './releases.ts';
export { makeSample, type Sample } from './sample/make-sample.ts';

export type { RunEvent } from './events.ts';
export { gcStore, listArtifacts } from './inventory/inventory.ts';
export { audit } from './audit.ts';
export { findLog } from './history.ts';
export { checkLock, type CheckedFile } from './sources/check-lock.ts';
export { lockPlan } from './sources/lock-plan.ts';
export { previewRun, type Preview } from './preview.ts';
export { productFiles } from './products/product-entries.ts';
export {
  describeProduct,
  driftOf,
  planFiles,
  statedParameters,
  stepsBefore,
  type DescribedProduct,
} from './products/product-parts.ts';
export type { RunFile } from './runs/run-file.ts';
export { runKey } from './run-key.ts';
export { runPlan } from './run.ts';
export { openStepSources, type StepSources } from './sources/step-sources.ts';
export {
  describeFinding,
  findPreconditions,
  fetchToolsOf,
  toolsOf,
  UnmetPreconditions,
  type Finding,
} from './preconditions/index.ts';

export { compareRuns, materialChanges, type RunComparison } from './compare-runs.ts';
export { findRun, keptRuns, readKeptRun, runFile, writeRun } from './kept-runs.ts';
export { parseRun, type RunFile, type StepMade } from './run-file.ts';
export { openRecorder } from './recorder.ts';

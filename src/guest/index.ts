export { holds } from './holds.ts';
export * from './model.ts';
export type { Change, Nearest } from './nearest.ts';
export { solve, type Refused, type Runs, type Verdict } from './solve.ts';
export { compareVersions, inRange, parseRange, parseVersion, type Range, type Version } from './version.ts';

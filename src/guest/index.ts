export { machineOf, type GuestMachine } from './machine.ts';
export * from './model.ts';
export { overview, overviewColumns, todaysHost, type OverviewCell } from './overview.ts';
export { nearestThatRuns, type Nearest } from './nearest.ts';
export { qemuOptions, type QemuOption, type Wiring } from './qemu-options.ts';
export { renderCommand, shellQuote } from './render-command.ts';
export { solve, type Refused, type Runs, type Verdict } from './solve.ts';
export { compareVersions, inRange, parseRange, parseVersion, type Range } from './version.ts';

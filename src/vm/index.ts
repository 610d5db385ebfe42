export { boot, type BootRequest, type BootResult } from './boot.ts';
export { BootFailure, type Sighting } from './boot-failure.ts';
export { milestoneLog } from './milestone-log.ts';
export type { Milestone, Reached, Where } from './milestones.ts';
export { probeBoot, probeExit, probeMilestones, type ProbeExpectation } from './probe.ts';
export type { Spawn } from './qemu-process.ts';
export { QmpSession, type QmpEvent } from './qmp.ts';
export { smcConfiguration, smokeArguments, type SmokeMachine } from './smoke-machine.ts';
export { decodeTextScreen } from './text-screen.ts';

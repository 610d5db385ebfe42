export { showAct, type Act } from './acts.ts';
export { carryOutLoad, carryOutUnload } from './carry-out.ts';
export { bootFile, planElsewhere, planLoad, planUnload, type KvmPlan, type LoadOptions } from './load.ts';
export { readStatus, type KvmModule, type KvmStatus } from './status.ts';
export { thisWorld, type Ended, type KernelWorld } from './world.ts';

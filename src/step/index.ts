export * from './protocol.ts';
export { step, type Step } from './step.ts';
export type { Parameters } from './declared.ts';
export * from './check-protocol.ts';
export { check, type Check, type CheckRemark } from './check.ts';

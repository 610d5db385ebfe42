export * from './protocol.ts';
export { step, type Parameters, type Step } from './step.ts';
export * from './check-protocol.ts';
export { check, type Check, type CheckRemark } from './check.ts';

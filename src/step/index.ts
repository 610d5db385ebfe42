export * from './protocol.ts';
export { step, type Parameters, type Step } from './step.ts';

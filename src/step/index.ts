export * from './protocol.ts';
export { step, type Step } from './step.ts';

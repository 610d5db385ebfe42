export { tracePlan, type TraceOptions, type TraceOutcome } from './trace.ts';

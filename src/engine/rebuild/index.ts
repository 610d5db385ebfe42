export { verifyPlan, type VerifyOptions, type VerifyOutcome } from './verify.ts';

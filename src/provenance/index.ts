export { findResult } from './find.ts';
export { gateOf, gateStatement, readMilestones, type Gate } from './gate.ts';
export { productProvenance, stepProvenance, type ProductParts } from './of-artifact.ts';
export { papersOf, subjectsOf } from './papers.ts';
export { signFile, verifyFile } from './signature.ts';
export type { Statement } from './statement.ts';
export { checkSubjects, hashOf, readSubjects } from './subjects.ts';

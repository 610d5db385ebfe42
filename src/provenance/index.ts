export { findResult } from './find.ts';
export { productProvenance, stepProvenance } from './of-artifact.ts';
export { papersOf, subjectsOf } from './papers.ts';
export { signFile, verifyFile } from './signature.ts';
export type { Statement } from './statement.ts';
export { checkSubjects, hashOf, readSubjects } from './subjects.ts';

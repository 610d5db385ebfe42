export { describeFinding, type Finding } from './finding.ts';
export { findPreconditions } from './preconditions.ts';
export { refuseFaults, UnmetPreconditions } from './refuse.ts';
export { lackingBytes, missingBytes } from '../sources/room.ts';
export { fetchToolsOf, toolsOf } from './step-tools.ts';

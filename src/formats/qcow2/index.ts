export { makeOverlay, type Overlay } from './overlay.ts';
export { readQcow2, type Qcow2 } from './read.ts';

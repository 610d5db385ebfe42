export * from './actions/action.ts';
export * from './actions/actions.ts';
export * from './blobs/blobs.ts';
export * from './trees/directory.ts';
export * from './gc.ts';
export { ignoreArtifacts } from './ignore-artifacts.ts';
export * from './layout.ts';
export { linkBlob } from './blobs/link-blob.ts';
export { listingFault, outputsFault } from './actions/listing-fault.ts';
export * from './sessions/lock.ts';
export * from './memo.ts';
export * from './projects.ts';
export * from './blobs/put-blob.ts';
export { blobsOfResult, wholeResults } from './actions/references.ts';
export * from './sessions/session.ts';
export { DamagedBlob, hasSoundBlob, readBlob, requireBlob } from './blobs/sound.ts';
export {
  isSessionName,
  removeFolder,
  sessionName,
  temporaryFolder,
  temporaryPath,
} from './sessions/temporary.ts';
export { ensureTree, soundTree } from './trees/trees.ts';
export * from './verify.ts';
export { readSummed, withSum, writeWhole } from './whole-file.ts';

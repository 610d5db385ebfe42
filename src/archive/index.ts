export { archiveKind } from './archive-name.ts';
export { decompress } from './decompress.ts';
export { folderEntries } from './folder-entries.ts';
export { packArchive, type ArchiveEntry } from './pack-archive.ts';

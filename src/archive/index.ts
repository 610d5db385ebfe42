export { folderEntries } from './folder-entries.ts';
export { packArchive, type ArchiveEntry } from './pack-archive.ts';

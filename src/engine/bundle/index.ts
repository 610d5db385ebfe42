export { openBundle, type OpenedBundle } from './read-bundle.ts';
export { writeBundle, type Bundled, type BundleOptions } from './write-bundle.ts';

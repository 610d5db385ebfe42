export { bandNumber, readBundleInfo, type BundleInfo } from './info.ts';

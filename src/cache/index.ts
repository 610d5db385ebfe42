export { authorizationOf } from './credentials.ts';
export type { CacheOptions, Refused } from './context.ts';
export { resultOf, type Entry } from './entry.ts';
export { askCache, openSharedCache, type SharedCache } from './shared-cache.ts';
export type { Tally } from './tally.ts';

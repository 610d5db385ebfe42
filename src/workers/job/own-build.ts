import { join } from 'node:path';
import { buildDigest } from '../../engine/script/built-scripts.ts';
import { packageRoot } from '../../host/index.ts';

/** How many letters of the package's digest tell one build from another. */
const buildLength = 12;

/** What is known of this build of cidermill, the same for a checkout and the package that is made of it. */
export function ownBuild(): string {
  return buildDigest(join(packageRoot, 'dist')).slice(0, buildLength);
}

// @ts-check
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { isCheckout, root } from './setup.mjs';

/**
 * Keeps what V8 compiles of the built files between runs, where this Node can (22.8 and newer; 20 cannot). A cache that
 * cannot be written is left out by Node itself. NODE_COMPILE_CACHE names another folder, NODE_DISABLE_COMPILE_CACHE=1
 * turns it off.
 */
export function keepCompiled() {
  // @ts-ignore TS2339: the types are of the oldest Node that is supported.
  module.enableCompileCache?.(env['NODE_COMPILE_CACHE'] ?? cacheFolder());
}

/** A checkout's goes with its dist/, which is often built anew; a package's may lie where only root can write. */
function cacheFolder() {
  if (isCheckout) return join(root, 'dist/.compiled');
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'cidermill', 'compiled');
}

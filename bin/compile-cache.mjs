// @ts-check
import { mkdirSync } from 'node:fs';
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
  const folder = env['NODE_COMPILE_CACHE'] ?? keptFolder('compiled');
  // @ts-ignore TS2339: the types are of the oldest Node that is supported.
  if (folder !== undefined) module.enableCompileCache?.(folder);
}

/**
 * A folder for what is kept between runs. A checkout's goes with its dist/, which is often built anew; a package's may lie
 * where only root can write. Made folder by folder: where the last one cannot be made (below /proc, say), Node's own way
 * of making all of them never ends.
 * @param {string} name
 */
export function keptFolder(name) {
  if (isCheckout) return join(root, `dist/.${name}`);
  const cache = env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folders = [cache, join(cache, 'cidermill'), join(cache, 'cidermill', name)];
  return folders.every(isMade) ? folders.at(-1) : undefined;
}

/** @param {string} folder */
function isMade(folder) {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST';
  }
}

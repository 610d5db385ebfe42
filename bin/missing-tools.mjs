// @ts-check
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env, getuid } from 'node:process';

/** @typedef {{ tool: string, debian: string, purpose: string }} HostTool */

/**
 * What this host lacks of the programs that runs start, and how to install them; empty when it has them all. Told
 * before a checkout's npm packages are installed, so that a person reads it before the wait and not after it.
 * @param {string} root absolute path of the checkout
 */
export function missingTools(root) {
  /** @type {HostTool[]} */
  const tools = JSON.parse(readFileSync(join(root, 'src/host/programs/host-tools.json'), 'utf8'));
  const isRoot = getuid?.() === 0;
  const missing = tools.filter(({ tool }) => !hasTool(tool) && !(isRoot && tool === 'newuidmap'));
  if (missing.length === 0) return '';
  const width = Math.max(...missing.map(({ debian }) => debian.length));
  const sudo = isRoot ? '' : 'sudo ';
  const packages = [...new Set(missing.map(({ debian }) => debian))];
  return [
    'This host lacks Debian packages that runs may need:',
    ...missing.map(({ debian, purpose }) => `  ${debian.padEnd(width)}  ${purpose}`),
    '`npm start` and `npm test` install what they need of them where root or sudo allows. All of them at once:',
    `  ${sudo}apt-get install --no-install-recommends ${packages.join(' ')}`,
    '',
  ].join('\n');
}

/** @param {string} name */
function hasTool(name) {
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      if (folder !== '') accessSync(join(folder, name), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

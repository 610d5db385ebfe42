// @ts-check
// Makes a checkout ready to run: Node's version, the packages of package-lock.json, the built files in dist/.
// Plain JavaScript without dependencies, since it runs before there are any. A published package is ready as it is.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, exit, stderr, versions } from 'node:process';
import { fileURLToPath } from 'node:url';
import { closeInherited } from './descriptors.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const isCheckout = existsSync(join(root, 'package-lock.json'));

/** Does what is needed and nothing else; a fresh checkout takes seconds, a ready one milliseconds. */
export async function setUp() {
  const [major = 0, minor = 0] = versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    stderr.write(`cidermill needs Node.js 20.19 or newer; this is ${versions.node}.\n`);
    exit(1);
  }
  if (!isCheckout) return;
  if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) {
    await closeInherited();
    const { missingTools } = await import('./missing-tools.mjs');
    stderr.write(missingTools(root));
    await installPackages();
  }
  if (modified('dist/.built') < newestSource()) {
    await closeInherited();
    const { build } = await import('./build.mjs');
    await build(root);
  }
}

async function installPackages() {
  // Loaded where it is needed: it takes longer than a run that has nothing to do.
  const { spawnSync } = await import('node:child_process');
  stderr.write('Installing the npm packages of package-lock.json …\n');
  // What builds dist/ is among the packages for development; `npm pack --dry-run` needs a dist/ as well.
  const env = { ...process.env };
  delete env['npm_config_dry_run'];
  const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', ['ci', ...options], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    stderr.write('npm ci failed; see its message above. Run it again by hand: npm ci\n');
    exit(1);
  }
}

/** The newest modification time of what dist/ is built from, in milliseconds. */
function newestSource() {
  let newest = Math.max(modified('package.json'), modified('package-lock.json'));
  /** @param {string} folder */
  const visit = (folder) => {
    for (const entry of readdirSync(`${root}/${folder}`, { withFileTypes: true })) {
      // Not joined: that takes longer than to look at all of them.
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else newest = Math.max(newest, modified(path));
    }
  };
  for (const folder of ['bin', 'scripts', 'src']) visit(folder);
  return newest;
}

/** @param {string} path */
function modified(path) {
  return statSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (argv[1] === fileURLToPath(import.meta.url)) await setUp();

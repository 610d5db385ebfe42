// Takes the pictures of the docs anew from real runs of quickstart and uefi-image: `npm run pictures`. They run from nothing,
// in some ten minutes, or from the store that CIDERMILL_STORE names, and needs Debian's Chromium. The checkout must not change
// meanwhile.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, packageRoot } from '../src/host/index.ts';
import { takeReport } from './report-picture.ts';

const browser = findTool('chromium');
if (browser === undefined)
  throw new Error('the picture of the report is taken by Chromium: apt-get install chromium');
const work = mkdtempSync(join(tmpdir(), 'cidermill-pictures-'));
const docs = join(packageRoot, 'docs');

/** Runs cidermill in a project that has nothing of its own. */
function cidermill(...args: string[]): void {
  execFileSync(process.execPath, [join(packageRoot, 'bin/cidermill.mjs'), '-C', work, ...args], {
    env: { ...process.env, CIDERMILL_STORE: process.env['CIDERMILL_STORE'] ?? join(work, 'store') },
    stdio: 'inherit',
  });
}

try {
  mkdirSync(join(work, 'pipelines'));
  cidermill('run', 'quickstart', '--update-vanished');
  const product = join(work, 'artifacts/quickstart');
  copyFileSync(join(product, 'screen.png'), join(docs, 'quickstart.png'));
  copyFileSync(join(product, 'pictures/prompt.png'), join(docs, 'loader.png'));
  // Before the other run: the report is of the last one.
  cidermill('report', '-o', join(work, 'report.html'));
  await takeReport(browser, join(work, 'report.html'), join(docs, 'report.png'));
  cidermill('run', 'uefi-image', '--update-vanished');
  copyFileSync(join(work, 'artifacts/uefi-image/screen.png'), join(docs, 'uefi.png'));
} finally {
  rmSync(work, { recursive: true, force: true });
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/host/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { buildGuest, halt, sendText } from '../../vm/guests.ts';
import { bootEnvironment, makeProduct, runBoot, withLoader } from './boot-runs.ts';

let product = '';
beforeAll(() => {
  product = makeProduct();
});

describe('the licence', () => {
  const note = /licence lets you install/;
  const guest = (): string => buildGuest([sendText('up\n', 0xe9), halt].join('\n'));
  const args = (loader: string): string[] =>
    withLoader(product, loader, '--wait-for', 'console:up').filter(
      (argument) => argument !== '--i-have-the-right',
    );

  it('is shown once, and without a terminal the right has to be said', async () => {
    const state = freshFolder();
    const loader = guest();
    const silent = await runBoot(args(loader), state);
    expect(silent.stderr).toMatch(note);
    expect(silent.stderr).toMatch(/not made by Apple[\s\S]*--i-have-the-right/);
    expect(silent.code).toBe(1);
    const said = await runBoot([...args(loader), '--i-have-the-right'], state);
    expect(said.stderr).toMatch(note);
    expect(said.code).toBe(0);
    const again = await runBoot(args(loader), state);
    expect(again.stderr).not.toMatch(note);
    expect(again.code).toBe(0);
  });

  it.each([
    ['n', 1, false],
    ['y', 0, true],
  ])('is asked about on a terminal: to "%s" it ends with %i', (answer, code, remembered) => {
    const state = freshFolder();
    const words = [process.execPath, join(packageRoot, 'bin/cidermill.mjs'), 'boot', ...args(guest())];
    // script(1) is a terminal to the program it runs.
    const command = words.map((word) => `'${word}'`).join(' ');
    const terminal = spawnSync('script', ['-qec', command, '/dev/null'], {
      input: `${answer}\n`,
      encoding: 'utf8',
      env: bootEnvironment(state),
      timeout: 60_000,
    });
    expect(terminal.stdout).toMatch(/Do you have the right to run it here\?/);
    expect(terminal.status).toBe(code);
    expect(existsSync(join(state, 'cidermill/licence-answered'))).toBe(remembered);
  });
});

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandTable } from '../../../src/cli/help/command-table.ts';
import { freshFolder } from '../../rig/folder.ts';
import { testProject } from '../../rig/project.ts';

/** What is bold is printed over itself. */
const backspace = String.fromCharCode(8);

it('is a man page without a fault for mandoc and for groff, made of what every --help says', async () => {
  const project = testProject({});
  const { code, stdout: page } = await project.run(['man'], { SOURCE_DATE_EPOCH: '1700000000' });
  expect(code).toBe(0);
  const path = join(freshFolder(), 'cidermill.1');
  writeFileSync(path, page);
  expect(spawnSync('mandoc', ['-Tlint', '-W', 'warning', path], { encoding: 'utf8' }).stdout).toBe('');
  const groff = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-K', 'utf8', path], { encoding: 'utf8' });
  expect(groff.stderr).toBe('');
  const shown = spawnSync('mandoc', ['-Tutf8', path], { encoding: 'utf8' }).stdout.replace(
    new RegExp(`.${backspace}`, 'g'),
    '',
  );
  for (const name of Object.keys(commandTable))
    expect(shown).toMatch(new RegExp(`^ +cidermill ${name}\\b`, 'm'));
  for (const text of ['--keep-failed', 'cidermill boot', 'CIDERMILL_STORE', 'EXIT STATUS', '2023-11-14'])
    expect(shown).toContain(text);
  // What is wrong in a page is found.
  writeFileSync(path, `${page}.XX\n.TP\n`);
  expect(spawnSync('mandoc', ['-Tlint', '-W', 'warning', path], { encoding: 'utf8' }).stdout).toMatch(/XX/);
});

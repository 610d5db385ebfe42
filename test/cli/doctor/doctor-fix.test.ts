import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freshFolder } from '../../rig/folder.ts';
import { testProject } from '../../rig/project.ts';

/** A PATH with every program of this host but some, and an apt-get and sudo that only write down what they are asked. */
function poorPath(missing: readonly string[], log: string): string {
  const bin = freshFolder();
  const own = ['apt-get', 'apt-cache', 'sudo'];
  for (const folder of ['/usr/bin', '/usr/sbin'])
    for (const name of readdirSync(folder)) {
      if (missing.includes(name) || own.includes(name)) continue;
      try {
        symlinkSync(join(folder, name), join(bin, name));
      } catch {
        // /usr/bin has it too.
      }
    }
  symlinkSync(process.execPath, join(bin, 'node'), 'file');
  const write = (name: string, script: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  write('apt-cache', 'exit 0');
  write('sudo', 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"');
  write('apt-get', `echo "$@" >> ${log}; for p; do :; done; ln -sf /bin/true ${bin}/svn`);
  return bin;
}

it('doctor --fix says each act before it, installs what is missing, and names what is left to the user', async () => {
  const log = join(freshFolder(), 'apt.log');
  const path = poorPath(['svn', 'node'], log);
  const project = testProject({});
  const before = await project.run(['doctor'], { PATH: path, CIDERMILL_OSK: '' });
  expect(before.stdout).toMatch(/FAULT {4}svn +not found/);
  const { stderr, stdout } = await project.run(['doctor', '--fix'], { PATH: path, CIDERMILL_OSK: '' });
  expect(stderr).toMatch(/^doing: .*apt-get install --no-install-recommends .*subversion/m);
  expect(stderr).toMatch(/^yours to do: key: --osk or CIDERMILL_OSK/m);
  expect(stdout).not.toMatch(/svn +not found/);
  const asked = readFileSync(log, 'utf8');
  expect(asked).toMatch(/install -y .*subversion/);
});

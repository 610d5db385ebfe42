import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bootPlist } from '../../src/guest/index.ts';
import { makeSample } from '../../src/installer/index.ts';
import { testProject } from '../rig/project.ts';
import { buildKernel, buildLoader } from '../smoke/standins.ts';

/** Not Apple's, and all that is given of a key. */
const dummy = 'x'.repeat(64);

/** What a user does, with an installer, a loader and a kernel of our own in the place of theirs. */
it.each([
  ['yosemite', '10.10.5', '14.5.0', 'Darwin Kernel Version 14.5.0: cidermill stand-in', []],
  // The disc is the first disk, whose settings count: they carry the kernel flag, and the kernel says that it got it.
  ['lion', '10.7.5', '11.4.2', 'idlehalt=0', ['idlehalt=0']],
])(
  'an installer of %s starts from its disc, onto a new disk, with nothing but a dummy key',
  async (guest, version, darwin, text, kernelFlags) => {
    const project = testProject({});
    const kernel = readFileSync(buildKernel(darwin));
    await makeSample(
      { version, map: 'gpt', size: 6 * 2 ** 20, kernel },
      join(project.root, 'InstallESD.dmg'),
    );
    writeFileSync(join(project.root, 'Boot.plist'), bootPlist({ timeout: 1, kernelFlags }));
    const env = { TEST_KEY: dummy, XDG_STATE_HOME: project.root, HOME: project.root };
    for (const command of [
      ['iso', 'make', 'InstallESD.dmg', '-o', 'install.iso', '--boot-plist', 'Boot.plist'],
      ['disk', 'new', 'mac.qcow2', '--size', '8G', '--volume', 'Macintosh HD', '--guest', guest],
    ])
      expect(await project.run(command, env)).toMatchObject({ code: 0, stderr: '' });
    const files = ['--disk', 'mac.qcow2', '--iso', 'install.iso', '--loader', buildLoader()];
    const machine = [
      '--guest',
      version,
      '--install',
      '--accel',
      'tcg',
      '--osk',
      'env:TEST_KEY',
      '--i-have-the-right',
    ];
    const { code, stdout, stderr } = await project.run(
      ['boot', ...files, ...machine, '--wait-for', text, '--timeout', '90'],
      env,
    );
    expect(stdout, stderr).toContain(text);
    expect(code, guest).toBe(0);
  },
);

/** A disc without settings, a disk without a volume, and nobody at the keyboard. */
async function waitingProject() {
  const project = testProject({});
  await makeSample(
    { version: '10.10.5', map: 'apm', size: 6 * 2 ** 20, kernel: readFileSync(buildKernel()) },
    join(project.root, 'InstallESD.dmg'),
  );
  const env = { TEST_KEY: dummy, XDG_STATE_HOME: project.root, HOME: project.root };
  for (const command of [
    ['iso', 'make', 'InstallESD.dmg', '-o', 'install.iso'],
    ['disk', 'new', 'mac.qcow2', '--size', '8G'],
  ])
    expect(await project.run(command, env)).toMatchObject({ code: 0 });
  const start = (loader: string, ...more: readonly string[]) =>
    project.run(
      [
        ...['boot', '--disk', 'mac.qcow2', '--iso', 'install.iso', '--loader', loader, '--guest', 'yosemite'],
        ...['--install', '--accel', 'tcg', '--osk', 'env:TEST_KEY', '--i-have-the-right', ...more],
      ],
      env,
    );
  return { root: project.root, start };
}

it("types the loader's flags and starts the volume that is wanted, with no key pressed by hand", async () => {
  const { root, start } = await waitingProject();
  const text = 'command-line "-v idlehalt=0';
  const unseen = await start(
    buildLoader(),
    ...['--loader-flags', '-v idlehalt=0', '--pick', 'OS X Base System', '--wait-for', text],
  );
  expect(unseen.stdout, unseen.stderr).toContain(text);
  expect(unseen.code).toBe(0);
  expect(unseen.stderr).not.toContain('Timeout');
  // In the foreground, with the words of Chameleon; the kernel ends QEMU by itself.
  const log = join(root, 'console.txt');
  const shown = await start(
    buildLoader({ words: 'chameleon', listing: 'installer' }),
    ...['--loader-flags', '-v', '--display', 'none', '--', '-debugcon', `file:${log}`],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
  );
  expect(readFileSync(log, 'utf8'), shown.stderr).toContain('command-line "-v kext-dev-mode=1"');
  expect([shown.code, shown.stderr]).toEqual([65, expect.not.stringContaining('left to you')]);
});

it('says that the loader will wait, and leaves its menu to the user when it is not as expected', async () => {
  const { start } = await waitingProject();
  const waiting = await start(buildLoader(), '--wait-for', 'screen:boot:');
  expect(waiting.stderr).toContain('note: no disk sets a Timeout for the loader');
  expect(waiting.code).toBe(0);
  const other = await start(buildLoader(), '--pick', 'Nowhere', '--wait-for', 'Darwin', '--timeout', '8');
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('milestone volume');
});

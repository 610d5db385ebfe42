import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCacheServer } from '../cache/cache-server.ts';
import { findTool } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { pathWithout } from '../rig/path-without.ts';
import { stepsOf, testProject } from '../rig/project.ts';
import { lookupProject } from './lookup-project.ts';

/** A PATH whose first mmdebstrap calls itself another version, and is this host's. */
function withOtherVersion(): string {
  const bin = freshFolder();
  const own = findTool('mmdebstrap') ?? '';
  const text = `#!/bin/sh\n[ "$*" = --version ] && echo "mmdebstrap 99.1" && exit\nexec ${own} "$@"\n`;
  writeFileSync(join(bin, 'mmdebstrap'), text);
  chmodSync(join(bin, 'mmdebstrap'), 0o755);
  return `${bin}:${process.env['PATH'] ?? ''}`;
}

test("what is made runs from a bundle or the team's cache where neither mmdebstrap nor apt nor dpkg is; what is not made is refused", async () => {
  const home = lookupProject('make', 'make');
  expect((await home.run(['lock'])).code).toBe(0);
  const cache = await startCacheServer();
  const ran = await home.run(['run', 'lookup', '--json'], {
    ...{ CIDERMILL_CACHE: cache.url, CIDERMILL_CACHE_PUSH: 'always' },
  });
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  expect(stepsOf(ran.stdout, 'step-done')).toEqual(['tiny', 'lookup']);
  const [full, bare] = [join(freshFolder(), 'full.tar'), join(freshFolder(), 'bare.tar')];
  expect((await home.run(['bundle', 'lookup', full, '--with-results'])).code).toBe(0);
  expect((await home.run(['bundle', 'lookup', bare])).code).toBe(0);

  const PATH = pathWithout(/^(mmdebstrap|debootstrap|apt|dpkg)/);
  const there = testProject({});
  const full1 = await there.run(['run', '--from-bundle', full, '--json'], { PATH });
  expect(full1.code, full1.stdout + full1.stderr).toBe(0);
  expect(stepsOf(full1.stdout, 'step-cached')).toEqual(['tiny', 'lookup']);

  const store = join(freshFolder(), 'store');
  const alone = await home.run(['run', 'lookup'], { PATH, CIDERMILL_STORE: store });
  expect(alone).toMatchObject({ code: 1, stdout: '' });
  expect(alone.stderr).toMatch(/not installed: .*mmdebstrap/);
  const shared = { PATH, CIDERMILL_STORE: store, CIDERMILL_CACHE: cache.url };
  const taken = await home.run(['run', 'lookup', '--json'], shared);
  expect(taken.code, taken.stdout + taken.stderr).toBe(0);
  expect(stepsOf(taken.stdout, 'step-done')).toEqual([]);
  expect(stepsOf(taken.stdout, 'step-cached')).toEqual(['tiny', 'lookup']);

  const elsewhere = testProject({});
  const refused = await elsewhere.run(['run', '--from-bundle', bare], { PATH });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/not installed: .*mmdebstrap/);
  expect(refused.stderr).toMatch(/has no apt; install these programs .*mmdebstrap, apt-get, dpkg-deb/);
  expect(refused.stderr).toMatch(/They make tiny\..* --with-results/);
  expect((await elsewhere.run(['run', '--from-bundle', bare])).code).toBe(0);
}, 900_000);

test('a buildroot is the same action by another version of mmdebstrap, which its provenance names', async () => {
  const here = lookupProject('make', 'make');
  expect((await here.run(['lock'])).code).toBe(0);
  const PATH = withOtherVersion();
  const ran = await here.run(['run', 'lookup', '--json'], { PATH });
  expect(stepsOf(ran.stdout, 'step-done')).toEqual(['tiny', 'lookup']);
  const again = await here.run(['run', 'lookup', '--json']);
  expect(stepsOf(again.stdout, 'step-cached')).toEqual(['tiny', 'lookup']);
  const told = await here.run(['provenance', 'lookup/tiny']);
  expect(told.stdout, told.stderr).toContain('"mmdebstrap": "mmdebstrap 99.1"');
  expect(told.stdout).toMatch(/"tar": "tar \(GNU tar\)/);
}, 900_000);

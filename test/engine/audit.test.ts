import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { compareVersions } from '../../src/sources/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { testProject } from '../rig/project.ts';

/** Package → version, in one suite of an archive. */
type Suite = Readonly<Record<string, string>>;

/** An archive of a signed suite and its security suite, served on loopback. @returns apt's settings */
async function archive(
  suites: Readonly<Record<string, Suite>>,
  sources: Readonly<Record<string, Suite>>,
): Promise<string> {
  const folder = freshFolder();
  const home = join(folder, 'gnupg');
  mkdirSync(home, { mode: 0o700 });
  const gpg = (...args: string[]): Buffer =>
    execFileSync(
      'gpg',
      ['--homedir', home, '--batch', '--pinentry-mode', 'loopback', '--passphrase', '', ...args],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
  onTestFinished(() => {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  });
  gpg('--quick-generate-key', 'archive@example.org', 'ed25519', 'sign', 'never');
  writeFileSync(join(folder, 'key.gpg'), gpg('--export'));
  for (const [suite, packages] of Object.entries(suites)) {
    const indexes: Record<string, string> = {
      'main/binary-amd64/Packages': stanzas(packages, 'Architecture: amd64\nFilename: pool/x.deb\nSize: 1\n'),
      'main/source/Sources': stanzas(sources[suite] ?? {}, 'Directory: pool\nBinary: none\n'),
    };
    const sums = Object.entries(indexes).map(([path, text]) => ` ${sha256(text)} ${text.length} ${path}\n`);
    const head = `Origin: Debian\nSuite: ${suite}\nCodename: ${suite}\nComponents: main\nArchitectures: amd64\n`;
    indexes['Release'] = `${head}Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n${sums.join('')}`;
    for (const [path, text] of Object.entries(indexes)) {
      const file = join(folder, 'dists', suite, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const release = join(folder, 'dists', suite, 'Release');
    gpg('--clearsign', '--output', join(dirname(release), 'InRelease'), release);
  }
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(folder, new URL(request.url ?? '/', 'http://x').pathname)));
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const lines = Object.keys(suites).map(
    (suite) => `deb [signed-by=${folder}/key.gpg arch=amd64] ${address} ${suite} main\n`,
  );
  writeFileSync(join(folder, 'sources'), lines.join(''));
  const settings = join(folder, 'apt.conf');
  writeFileSync(
    settings,
    `Dir::Etc::sourcelist "${folder}/sources";\nDir::Etc::sourceparts "${folder}/none";\nAcquire::http::Proxy "DIRECT";\n`,
  );
  return settings;
}

function stanzas(packages: Suite, more: string): string {
  return Object.entries(packages)
    .map(
      ([name, version]) =>
        `Package: ${name}\nVersion: ${version}\nMaintainer: a <a@example.org>\n${more}Description: x\n SHA\n`,
    )
    .map((text) => `${text}SHA256: ${sha256(text)}\n\n`)
    .join('');
}

test('a planted old package is found, with the suite that has the newer one', async () => {
  const settings = await archive(
    {
      bookworm: { libold: '1.0-1', libnew: '2.0-1', libupdated: '3.1-1' },
      'bookworm-security': { libold: '1.0-1+deb12u2' },
    },
    { bookworm: { tool: '1:7.2+dfsg-7' }, 'bookworm-security': { tool: '1:7.2+dfsg-7+deb12u9' } },
  );
  const project = testProject({});
  const [write, run] = [project.write.bind(project), project.run.bind(project)];
  const pinned = (name: string, version: string): { uri: string } => ({
    uri: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=amd64&distro=bookworm`,
  });
  const tool = { uri: `pkg:deb/debian/tool@${encodeURIComponent('1:7.2+dfsg')}?arch=source` };
  const statement = (dependencies: readonly { uri: string }[]): string =>
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'a', digest: { sha256: sha256('a') } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: { buildDefinition: { resolvedDependencies: dependencies } },
    });
  const right = [pinned('libnew', '2.0-1'), pinned('libold', '1.0-1+deb12u2'), { uri: 'user:mine' }];
  write('right.json', statement(right));
  write(
    'old.json',
    statement([pinned('libold', '1.0-1'), pinned('libnew', '2.0-1'), pinned('libupdated', '3.0-1'), tool]),
  );
  const env = { APT_CONFIG: settings };
  const clean = await run(['audit', 'right.json', '--strict'], env);
  expect([clean.stderr, clean.code]).toEqual(['', 0]);
  expect(clean.stdout).toContain(
    '2 packages and sources of Debian; 0 have newer versions, 0 of them security updates',
  );

  const found = await run(['audit', 'old.json', '--strict'], env);
  expect([found.stderr, found.code]).toEqual(['', 1]);
  expect(found.stdout).toMatch(/^libold +1\.0-1 +1\.0-1\+deb12u2 +bookworm-security +security$/m);
  expect(found.stdout).toMatch(
    /^tool \(source\) +1:7\.2\+dfsg +1:7\.2\+dfsg-7\+deb12u9 +bookworm-security +security$/m,
  );
  expect(found.stdout).toMatch(/^libupdated +3\.0-1 +3\.1-1 +bookworm$/m);
  const json = await run(['audit', 'old.json', '--json'], env);
  expect(json.code).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({ looked: 4, unknown: [] });
  expect(
    (JSON.parse(json.stdout) as { superseded: { name: string }[] }).superseded.map(({ name }) => name),
  ).toEqual(['libold', 'libupdated', 'tool']);
}, 120_000);

test('a source whose upstream version is gone is found, and a suite without its security archive is told', async () => {
  const project = testProject({});
  const uris = [
    'pkg:deb/debian/linux@6.1.100?arch=source',
    'pkg:deb/debian/gone@1.0?arch=source',
    'pkg:deb/debian/libold@1.0-1?arch=amd64&distro=bookworm',
  ];
  project.write(
    'made.json',
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'a', digest: { sha256: sha256('a') } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: { buildDefinition: { resolvedDependencies: uris.map((uri) => ({ uri })) } },
    }),
  );
  const packages = { libold: '1.0-1' };
  const both = await archive(
    { bookworm: packages, 'bookworm-security': {} },
    { bookworm: { linux: '6.1.99-1' }, 'bookworm-security': { linux: '6.1.192-3' } },
  );
  const found = await project.run(['audit', 'made.json', '--strict'], { APT_CONFIG: both });
  expect([found.stderr, found.code]).toEqual(['', 1]);
  expect(found.stdout).toMatch(/^linux \(source\) +6\.1\.100 +6\.1\.192-3 +bookworm-security +security$/m);
  expect(found.stdout).toContain('gone 1.0: in no list of its archive');

  const main = await archive({ bookworm: packages }, { bookworm: { linux: '6.1.100-1' } });
  const without = await project.run(['audit', 'made.json', '--strict'], { APT_CONFIG: main });
  expect([without.stderr, without.code]).toEqual(['', 1]);
  expect(without.stdout).toContain("bookworm: this host's apt has no list of its security archive");
  const json = await project.run(['audit', 'made.json', '--json'], { APT_CONFIG: main });
  expect([json.code, JSON.parse(json.stdout)]).toMatchObject([0, { withoutSecurity: ['bookworm'] }]);
}, 120_000);

test('versions are in the order that dpkg has', () => {
  const part = fc.stringMatching(/^[0-9][0-9a-z.+~]{0,6}$/);
  const version = fc
    .tuple(fc.option(fc.nat(2)), part, fc.option(fc.stringMatching(/^[0-9a-z+.~]{1,5}$/)))
    .map(
      ([epoch, upstream, revision]) =>
        `${epoch === null ? '' : `${epoch}:`}${upstream}${revision === null ? '' : `-${revision}`}`,
    );
  const dpkg = (a: string, relation: string, b: string): boolean => {
    try {
      execFileSync('dpkg', ['--compare-versions', a, relation, b], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(version, version, (a, b) => {
      const order = compareVersions(a, b);
      expect(dpkg(a, order < 0 ? 'lt' : order > 0 ? 'gt' : 'eq', b)).toBe(true);
    }),
    {
      numRuns: 60,
      examples: [
        ['1.0~rc1', '1.0'],
        ['1.0-1', '1.0-1+deb12u1'],
        ['1:0.1', '9'],
        ['7.2', '7.2-0'],
        ['1.09', '1.9'],
      ],
    },
  );
});

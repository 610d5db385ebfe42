import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { sha256 } from '../../src/base/index.ts';
import { pathWithout } from '../rig/path-without.ts';
import { testProject, type TestProject } from '../rig/project.ts';
import { startServer } from '../sources/local-server.ts';

const server = await startServer();

function recipe(name: string, sources: Readonly<Record<string, string>>): string {
  const lines = Object.entries(sources).map(
    ([source, path]) => `  ${source}: { url: '${server.url}/${path}', unpack: false }\n`,
  );
  return `recipe: ${name}
summary: Something from a server
parameters:
  version: { type: integer, default: 1 }
sources:
${lines.join('')}environment: none
script: scripts/none.ts
outputs:
  out: out
`;
}

/** What the server has: path → content; all else is not there. */
function serve(files: Readonly<Record<string, string>>): void {
  server.answer((request, response) => {
    const content = files[(request.url ?? '').slice(1)];
    if (content === undefined) response.writeHead(404).end();
    else response.writeHead(200).end(content);
  });
}

function locked(
  { root }: TestProject,
  source: string,
): readonly { readonly files: readonly { size: number }[] }[] {
  const text = readFileSync(join(root, 'recipes/lock.yaml'), 'utf8');
  const lock = parse(text) as { readonly sources: Record<string, ReturnType<typeof locked>> };
  return lock.sources[source] ?? [];
}

test('what a parameter chooses and is not locked is locked by the command that the hint names', async () => {
  const project = testProject({
    'recipes/apples.yaml': recipe('apples', { crate: 'crate-${version}' }),
    'scripts/none.ts': '',
  });
  serve({ 'crate-1': 'one', 'crate-2': 'second' });
  expect((await project.run(['lock', 'apples'])).code).toBe(0);
  const refused = await project.run(['plan', 'apples', '--set', 'version=2']);
  expect(refused.code).toBe(2);
  const command = /Run `cidermill ([^`]+)`/.exec(refused.stderr)?.[1];
  expect(command).toBe('lock apples --set version=2');
  expect((await project.run((command ?? '').split(' '))).code).toBe(0);
  expect((await project.run(['plan', 'apples', '--set', 'version=2'])).code).toBe(0);
});

test('what a parameter chooses is locked beside what it chose before, and locked again where it stood', async () => {
  const project = testProject({
    'recipes/apples.yaml': recipe('apples', { crate: 'crate-${version}' }),
    'scripts/none.ts': '',
  });
  serve({ 'crate-1': 'one', 'crate-2': 'second' });
  expect((await project.run(['lock', 'apples'])).code).toBe(0);
  expect((await project.run(['lock', 'apples', '--set', 'version=2'])).code).toBe(0);
  const sizes = (): number[] =>
    locked(project, 'apples.crate').flatMap(({ files }) => files.map(({ size }) => size));
  expect(sizes()).toEqual([3, 6]);
  serve({ 'crate-1': 'a new one', 'crate-2': 'second' });
  const again = await project.run(['lock', 'apples']);
  expect(again.stdout).toContain('recipes/lock.yaml was updated');
  expect(sizes()).toEqual([9, 6]);
  expect((await project.run(['lock', 'apples', '--set', 'version=2'])).stdout).toContain('is up to date');
});

test('--check looks at all that a table offers, and --keep leaves what did not vanish, reached or not', async () => {
  const [one, two] = ['one', 'second'].map((text) => ({ size: text.length, sha256: sha256(text) }));
  const lines = (version: number, folder: string, file: object): string =>
    JSON.stringify({
      ...{ debian: `tool@${version}`, suite: 'bookworm', at: '2026-01-01T00:00:00Z' },
      files: [{ file: `pool/${folder}/tool_${version}.orig.tar.gz`, ...file }],
    });
  const elsewhere = JSON.stringify({
    url: `${server.url}/tool.tar.gz`,
    files: [{ file: 'tool.tar.gz', ...one }],
  });
  const project = testProject({
    'cidermill.yaml': `mirrors: [${server.url}/debian, ${server.url}/debian-security]\n`,
    'recipes/tables/tools.yaml':
      "table: tools\nsummary: Tools\ndefault: old\nvalues:\n  old: { version: '1' }\n  new: { version: '2' }\n",
    'recipes/tool.yaml': `recipe: tool
summary: A tool
parameters:
  release: { type: choice, of: tools }
sources:
  tree: { debian: 'tool@\${release.version}', suite: bookworm, or: '${server.url}/tool.tar.gz' }
environment: none
script: scripts/none.ts
outputs: { out: out }
`,
    'scripts/none.ts': '',
    'recipes/lock.yaml': `{"version": 1, "sources": {"tool.tree": [${lines(1, 'a', one ?? {})}, ${lines(2, 'a', two ?? {})}, ${elsewhere}]}, "buildroots": {}}\n`,
    'apt/sources': `deb [trusted=yes] ${server.url}/debian bookworm main\n`,
  });
  const at = (name: string): string => join(project.root, name);
  project.write(
    'apt/conf',
    `Dir::Etc::sourcelist "${at('apt/sources')}";\nDir::Etc::sourceparts "${at('apt/none')}";\nDir::State::lists "${at('apt/none')}";\n`,
  );
  // What was pinned of the second one is gone; the archive has it in another place now.
  const index = `Package: tool\nVersion: 2-1\nBinary: tool\nDirectory: pool/b\nChecksums-Sha256:\n ${two?.sha256 ?? ''} 6 tool_2.orig.tar.gz\n\n`;
  serve({
    'debian/pool/a/tool_1.orig.tar.gz': 'one',
    'debian/pool/b/tool_2.orig.tar.gz': 'second',
    'debian/dists/bookworm/main/source/Sources': index,
    'debian/dists/bookworm/Release': `Origin: Debian\nSuite: bookworm\nCodename: bookworm\nComponents: main\nArchitectures: amd64\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n ${sha256(index)} ${index.length} main/source/Sources\n`,
  });
  const env = { APT_CONFIG: at('apt/conf') };
  const checked = await project.run(['lock', '--check'], env);
  expect([checked.stderr, checked.code]).toEqual(['', 1]);
  expect(checked.stdout).toContain('vanished    tool.tree: pool/a/tool_2.orig.tar.gz');
  const kept = await project.run(['lock', '--keep'], env);
  expect([kept.stderr, kept.code]).toEqual(['', 0]);
  const origins = locked(project, 'tool.tree') as unknown[];
  expect(origins).toMatchObject([
    { debian: 'tool@1', at: '2026-01-01T00:00:00Z' },
    { debian: 'tool@2', files: [{ file: 'pool/b/tool_2.orig.tar.gz' }] },
    { url: `${server.url}/tool.tar.gz` },
  ]);
  // What doctor knew was of the lockfile before that.
  expect((await project.run(['doctor'], env)).stdout).toMatch(/pinned files +not asked for yet/);
  expect((await project.run(['lock', '--check'], env)).code).toBe(0);
  expect((await project.run(['doctor'], env)).stdout).toMatch(/pinned files +2 pinned files.*: 0\s+vanished/);
});

// Where debootstrap's scripts are, they name the archive.
test.skipIf(existsSync('/usr/share/debootstrap/scripts'))(
  '--check and --keep take no file for vanished whose archive is not known here',
  async () => {
    const file = { file: 'pool/updates/main/t/tool/tool_1.orig.tar.gz', size: 3, sha256: sha256('one') };
    const project = testProject({
      'cidermill.yaml': `mirrors: [${server.url}/debian]\n`,
      'recipes/tool.yaml': `recipe: tool
summary: A tool
sources:
  tree: { debian: 'tool@1', suite: bookworm }
environment: none
script: scripts/none.ts
outputs: { out: out }
`,
      'scripts/none.ts': '',
      'recipes/lock.yaml': `{"version": 1, "sources": {"tool.tree": [${JSON.stringify({ debian: 'tool@1', suite: 'bookworm', files: [file] })}]}, "buildroots": {}}\n`,
      'apt/conf': '',
    });
    project.write('apt/conf', `Dir::Etc::sourcelist "/nowhere";\nDir::Etc::sourceparts "/nowhere";\n`);
    serve({});
    const env = {
      APT_CONFIG: join(project.root, 'apt/conf'),
      PATH: pathWithout(/^(mmdebstrap|debootstrap)$/),
    };
    for (const option of ['--check', '--keep']) {
      const { code, stderr } = await project.run(['lock', option], env);
      expect([code, stderr]).toEqual([1, expect.stringContaining("lies on Debian's security archive")]);
    }
  },
);

test('--check and --keep exclude each other: one changes nothing, the other does', async () => {
  const project = testProject({});
  expect(await project.run(['lock', '--check', '--keep'])).toMatchObject({
    code: 2,
    stderr: 'error: --check and --keep exclude each other\n',
  });
});

test('every source that cannot be reached is named, and the others are locked all the same', async () => {
  const project = testProject({
    'recipes/apples.yaml': recipe('apples', { crate: 'crate', basket: 'basket', sack: 'sack' }),
    'scripts/none.ts': '',
  });
  serve({ basket: 'of apples' });
  const { code, stderr } = await project.run(['lock']);
  expect(code).toBe(1);
  expect(stderr).toContain(`${server.url}/crate`);
  expect(stderr).toContain(`${server.url}/sack`);
  expect(stderr).toContain('--source apples.crate=FOLDER');
  expect(locked(project, 'apples.basket')).toHaveLength(1);
  expect(locked(project, 'apples.crate')).toEqual([]);
});

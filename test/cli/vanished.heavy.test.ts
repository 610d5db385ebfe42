import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { events, stepModule, testProject, type Ended, type TestProject } from '../rig/project.ts';
import { send, startServer, status } from '../sources/local-server.ts';

const server = await startServer();

/** Of our own archive: one essential package, and five that are asked for. */
const names = ['base', 'alpha', 'beta', 'gamma', 'delta', 'epsilon'] as const;
const replaced = ['alpha', 'beta', 'gamma'];

/** A signed-off archive below a folder: the same packages in one version, three of them perhaps in the next. */
function layOutArchive(folder: string, newer: readonly string[]): void {
  const stanzas: string[] = [];
  mkdirSync(join(folder, 'dists/bookworm/main/binary-amd64'), { recursive: true });
  for (const name of names) {
    const version = newer.includes(name) ? '2.0' : '1.0';
    const file = `pool/main/${name}_${version}_amd64.deb`;
    const path = join(folder, file);
    const control = `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\nMaintainer: Nobody <nobody@localhost>\nDescription: ${name}\n${name === 'base' ? 'Essential: yes\n' : ''}`;
    const tree = join(folder, 'tree');
    mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
    writeFileSync(join(tree, 'DEBIAN/control'), control);
    mkdirSync(join(path, '..'), { recursive: true });
    execFileSync('dpkg-deb', ['--build', '--root-owner-group', tree, path], {
      env: { ...process.env, SOURCE_DATE_EPOCH: '0' },
      stdio: 'pipe',
    });
    rmSync(tree, { recursive: true });
    const bytes = readFileSync(path);
    stanzas.push(`${control}Filename: ${file}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n`);
  }
  const index = stanzas.join('\n');
  writeFileSync(join(folder, 'dists/bookworm/main/binary-amd64/Packages'), index);
  writeFileSync(
    join(folder, 'dists/bookworm/Release'),
    `Origin: Debian\nSuite: bookworm\nCodename: bookworm\nComponents: main\nArchitectures: amd64\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n ${sha256(index)} ${Buffer.byteLength(index)} main/binary-amd64/Packages\n`,
  );
}

/** Serves a mirror from one folder, and a snapshot archive of any date from another where there is one. */
function serve(mirror: string, snapshot?: string): void {
  server.answer((request, response) => {
    const [, date, dated] = /^\/archive\/debian\/(\d{8}T\d{6}Z)\/(.*)$/.exec(request.url ?? '') ?? [];
    const [, current] = /^\/debian\/(.*)$/.exec(request.url ?? '') ?? [];
    const path =
      current !== undefined
        ? join(mirror, current)
        : snapshot !== undefined && date !== undefined
          ? join(snapshot, dated ?? '')
          : undefined;
    try {
      if (path === undefined) throw new Error('no such path');
      send(readFileSync(path))(request, response);
    } catch {
      status(404)(request, response);
    }
  });
}

function project(): TestProject {
  return testProject({
    'cidermill.yaml': `trust: host\nmirrors: [${server.url}/debian]\n`,
    'recipes/buildroots/tiny.yaml': `buildroot: tiny
summary: Packages of our own
suite: bookworm
packages: [alpha, beta, gamma, delta, epsilon]
`,
    'recipes/buildroot.yaml': `recipe: buildroot
summary: An archive of the packages as they are
parameters:
  suite: { type: string }
  packages: { type: list }
environment: { host: [tar] }
script: scripts/buildroot.ts
outputs: { root: root.tar }
`,
    'scripts/buildroot.ts': `import { step } from ${stepModule};
const { $, source, output } = await step();
await $\`tar -cf root.tar --mtime=@0 --owner=0 --group=0 --sort=name -C \${source('packages')} .\`;
await output('root', 'root.tar');
`,
    'recipes/word.yaml': `recipe: word
summary: A word
environment: { buildroot: tiny }
script: scripts/word.ts
outputs: { word: word.txt }
`,
    'scripts/word.ts': `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output } = await step();
writeFileSync('word.txt', 'word');
await output('word', 'word.txt');
`,
    'pipelines/words.yaml': `pipeline: words
summary: A word
steps:
  word: { recipe: word }
products:
  words: { from: { word: '\${word.word}' }, with: [provenance] }
`,
  });
}

/** The line of each entry of a lockfile: a diff shows them as lines. */
function lockLines({ root }: TestProject): string[] {
  return readFileSync(join(root, 'recipes/lock.yaml'), 'utf8').split('\n');
}

function provenance({ root }: TestProject): string {
  return readFileSync(join(root, 'artifacts/words/provenance.json'), 'utf8');
}

function finished({ stdout }: Ended): Record<string, unknown> | undefined {
  return events(stdout).find(({ type }) => type === 'run-finished');
}

test('what a mirror dropped is refused with the ways out, and each of them leads out', async () => {
  const folder = freshFolder();
  const [before, after] = [join(folder, 'before'), join(folder, 'after')];
  layOutArchive(before, []);
  layOutArchive(after, replaced);
  const apt = join(folder, 'apt');
  mkdirSync(join(apt, 'none'), { recursive: true });
  writeFileSync(join(apt, 'sources'), `deb [trusted=yes] ${server.url}/debian bookworm main\n`);
  writeFileSync(
    join(apt, 'conf'),
    `Dir::Etc::sourcelist "${apt}/sources";\nDir::Etc::sourceparts "${apt}/none";\nDir::State::lists "${apt}/none";\n`,
  );
  const env = { APT_CONFIG: join(apt, 'conf') };
  const own = project();
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name !== 'CIDERMILL_UPDATE_VANISHED'),
  );
  const store = (name: string): Record<string, string> => ({
    ...(clean as Record<string, string>),
    ...env,
    CIDERMILL_STORE: join(folder, name),
  });

  serve(before);
  expect(await own.run(['lock', 'tiny'], store('first'))).toMatchObject({ code: 0 });
  const pinned = lockLines(own);
  const good = await own.run(['run', 'words', '--json'], store('first'));
  expect(good).toMatchObject({ code: 0 });
  const root = events(good.stdout).find(({ step, type }) => step === 'tiny' && type === 'step-done');
  expect(root).toBeDefined();

  // Refused, with the three ways out.
  serve(after);
  const refused = await own.run(['run', 'words'], store('second'));
  expect(refused.code).toBe(1);
  const said = refused.stdout + refused.stderr;
  for (const name of replaced) expect(said).toContain(`${name} 1.0 (offered now: 2.0)`);
  expect(said).toContain('@SNAPSHOTID@');
  expect(said).toContain('`cidermill lock tiny --keep`');
  expect(said).toContain('--update-vanished');

  // The first: a snapshot archive, at the lock's date. The key of a step is of all that goes into it.
  serve(after, before);
  own.write(
    'cidermill.yaml',
    `trust: host\nmirrors: [${server.url}/debian, '${server.url}/archive/debian/@SNAPSHOTID@']\n`,
  );
  const same = await own.run(['run', 'words', '--json'], store('third'));
  expect(same.code).toBe(0);
  expect(events(same.stdout).find(({ step, type }) => step === 'tiny' && type === 'step-done')).toMatchObject(
    {
      key: root?.['key'],
    },
  );
  expect(provenance(own)).not.toContain('drifted');
  expect(finished(same)?.['drifted']).toBeUndefined();

  // The second: for this machine alone, said loudly.
  serve(after);
  own.write('cidermill.yaml', `trust: host\nmirrors: [${server.url}/debian]\n`);
  const drifted = await own.run(['run', 'words', '--update-vanished'], store('fourth'));
  expect(drifted).toMatchObject({ code: 0 });
  expect(drifted.stdout).toContain('NOT THE KNOWN-GOOD TOOLCHAIN: 3 packages differ');
  expect(drifted.stdout).toContain('alpha 1.0 → 2.0');
  expect(drifted.stdout).not.toContain('delta 1.0');
  expect(JSON.parse(provenance(own))).toMatchObject({
    predicate: {
      buildDefinition: {
        internalParameters: { drifted: ['alpha 1.0 → 2.0', 'beta 1.0 → 2.0', 'gamma 1.0 → 2.0'] },
      },
    },
  });
  expect(lockLines(own)).toEqual(pinned);
  const again = await own.run(['run', 'words', '--update-vanished', '--json'], store('fourth'));
  expect(finished(again)).toMatchObject({ outcome: 'done', executed: 0, drifted: [{ step: 'tiny' }] });
  for (const [command, more] of [
    ['verify', []],
    ['bundle', [join(folder, 'bundle.tar')]],
  ] as const) {
    const no = await own.run([command, 'words', ...more], store('fourth'));
    expect(no.code).toBe(1);
    expect(no.stderr).toContain('was not made here by the known-good toolchain: 3 packages differ');
    const yes = await own.run([command, 'words', ...more, '--drifted'], store('fourth'));
    expect(yes, yes.stdout + yes.stderr).toMatchObject({ code: 0 });
  }
  const replay = ['run', '--from-bundle', join(folder, 'bundle.tar')];
  expect(
    (await own.run(['bundle', 'words', join(folder, 'bundle.tar'), '--drifted'], store('fourth'))).stdout,
  ).toContain('run it with --update-vanished');
  expect(await own.run([...replay, '--update-vanished'], store('replayed'))).toMatchObject({ code: 0 });
  // It is described as it was made, and refused wherever it lies and whatever is pinned since.
  const described = await own.run(['provenance', 'words'], store('fourth'));
  expect([described.stderr, described.code]).toEqual(['', 0]);
  expect(described.stdout).toContain('alpha 1.0 → 2.0');
  const copy = join(folder, 'copy');
  cpSync(join(own.root, 'artifacts/words/'), copy, { recursive: true, dereference: true });
  const standIns = join(own.root, 'recipes/lock.local.yaml');
  const push = (what: string, ...more: string[]): Promise<Ended> =>
    own.run(['push', what, '127.0.0.1:9/words:1', ...more], store('fourth'));
  expect((await push('words')).stderr).toContain('3 packages differ');
  expect((await push(copy)).stderr).toContain('3 packages differ');
  expect((await push(copy, '--drifted')).stderr).not.toContain('differ');
  renameSync(standIns, `${standIns}.away`);
  expect((await push('words')).stderr).toContain('3 packages differ');
  renameSync(`${standIns}.away`, standIns);

  // The third: in the lockfile, these three entries and no more.
  const checked = await own.run(['lock', '--check'], store('fifth'));
  expect(checked.code).toBe(1);
  expect(checked.stdout).toContain('tiny: alpha 1.0, 2.0 is in bookworm now');
  expect(checked.stdout).toContain("6 pinned files of Debian's archive: 3 vanished");
  expect(await own.run(['lock', '--keep'], store('fifth'))).toMatchObject({ code: 0 });
  const kept = lockLines(own);
  expect(kept).toHaveLength(pinned.length);
  const changed = kept.filter((line, index) => line !== pinned[index]);
  expect(changed).toHaveLength(3);
  for (const [index, name] of replaced.entries())
    expect(changed[index]).toMatch(new RegExp(`"name": "${name}", "version": "2.0".*"at": "20`));
  expect((await own.run(['lock', '--check'], store('fifth'))).code).toBe(0);
  expect((await own.run(['lock', '--keep'], store('fifth'))).stdout).toContain('is up to date');
  expect((await own.run(['run', 'words'], store('fifth'))).code).toBe(0);
}, 600_000);

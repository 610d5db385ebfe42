import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { debianRelease } from '../../src/sources/apt/archives/apt-host.ts';
import { knownArchives, type KnownArchives } from '../../src/sources/apt/archives/known-archives.ts';
import { askArchive } from '../../src/sources/apt/ask-archive.ts';
import { whyMissed, type Asked } from '../../src/sources/apt/misses.ts';
import {
  atDate,
  commentedSnapshots,
  datesToAsk,
  isoDate,
  snapshotRoot,
} from '../../src/sources/apt/archives/snapshots.ts';
import { rootsIn } from '../../src/sources/apt/archives/tool-defaults.ts';
import { ensureFiles, type LockedBuildroot, type LockedPackage } from '../../src/sources/index.ts';
import { hasBlob } from '../../src/store/index.ts';
import { send, startServer, status } from './local-server.ts';
import { freshContext } from './store-rig.ts';

const server = await startServer();
const { folder } = freshContext();
const at = '2026-03-01T12:00:00Z';
const snapshots = `${server.url}/archive/debian/@SNAPSHOTID@`;

function deb(name: string, file = `pool/main/${name}_1.0_amd64.deb`): LockedPackage {
  const bytes = `the package ${name}`;
  return { name, version: '1.0', file, size: bytes.length, sha256: sha256(bytes) };
}

const kept = deb('kept');
const gone = deb('gone');
const fix = deb('fix', 'pool/updates/main/fix_1.0_amd64.deb');

function root(...packages: readonly LockedPackage[]): LockedBuildroot {
  return { kind: 'packages', suite: 'bookworm', architecture: 'amd64', at, requested: [], packages };
}

/** Serves these paths and nothing else: no lists, no Release file, no key. */
function serve(files: Readonly<Record<string, string>>): void {
  server.answer((request, response) => {
    const name = files[request.url ?? ''];
    if (name === undefined) status(404)(request, response);
    else send(Buffer.from(`the package ${name}`))(request, response);
  });
}

/** apt as on a host whose lists are another distribution's. */
function configureApt(more = '', sources = ''): void {
  const own = join(folder, `apt-${Math.random()}`);
  mkdirSync(join(own, 'none'), { recursive: true });
  writeFileSync(join(own, 'sources'), sources);
  writeFileSync(
    join(own, 'conf'),
    `Dir::Etc::sourcelist "${own}/sources";\nDir::Etc::sourceparts "${own}/none";\nDir::State::lists "${own}/none";\n${more}`,
  );
  process.env['APT_CONFIG'] = join(own, 'conf');
}

beforeEach(() => configureApt());
afterEach(() => {
  delete process.env['APT_CONFIG'];
});

describe('a pinned file', () => {
  test("comes by its digest from the project's mirror, where apt has no source of Debian", async () => {
    serve({ '/debian/pool/main/kept_1.0_amd64.deb': 'kept' });
    const context = { ...freshContext(), mirrors: [`${server.url}/debian`] };
    await ensureFiles(root(kept), context);
    expect(hasBlob(context.store, kept.sha256)).toBe(true);
    expect(server.requests).toEqual(['GET /debian/pool/main/kept_1.0_amd64.deb']);
  });

  test("that the mirror dropped comes from a snapshot archive at the lock's date, or at its own", async () => {
    const later = { ...deb('later'), at: '2026-04-02T01:02:03Z' };
    serve({
      '/debian/pool/main/kept_1.0_amd64.deb': 'kept',
      '/archive/debian/20260301T120000Z/pool/main/gone_1.0_amd64.deb': 'gone',
      '/archive/debian/20260402T010203Z/pool/main/later_1.0_amd64.deb': 'later',
      '/archive/debian-security/20260302T120000Z/pool/updates/main/fix_1.0_amd64.deb': 'fix',
    });
    const context = {
      ...freshContext(),
      mirrors: [`${server.url}/debian`, `${server.url}/debian-security`, snapshots],
    };
    await ensureFiles(root(kept, gone, later, fix), context);
    for (const one of [kept, gone, later, fix]) expect(hasBlob(context.store, one.sha256)).toBe(true);
    const asked = server.requests.filter((one) => one.includes('kept'));
    expect(asked).toEqual(['GET /debian/pool/main/kept_1.0_amd64.deb']);
  });

  test("comes from the snapshot archive that the host's apt is set up with", async () => {
    configureApt(`Acquire::Snapshots::URI::Origin::Debian "${snapshots}/";\n`);
    serve({ '/archive/debian/20260301T120000Z/pool/main/gone_1.0_amd64.deb': 'gone' });
    const context = { ...freshContext(), mirrors: [`${server.url}/debian`] };
    await ensureFiles(root(gone), context);
    expect(hasBlob(context.store, gone.sha256)).toBe(true);
  });

  test('of the security archive comes from the main one, once a point release has taken it', async () => {
    serve({ '/debian/pool/main/fix_1.0_amd64.deb': 'fix' });
    const mirrors = [`${server.url}/debian`, `${server.url}/debian-security`];
    const context = { ...freshContext(), mirrors };
    await ensureFiles(root(fix), context);
    expect(hasBlob(context.store, fix.sha256)).toBe(true);
    expect(server.requests[0]).toBe('GET /debian-security/pool/updates/main/fix_1.0_amd64.deb');
  });

  test('comes from a cache that others share before any archive is asked', async () => {
    serve({ '/debian/pool/main/kept_1.0_amd64.deb': 'kept' });
    const asked: string[] = [];
    const context = {
      ...freshContext(),
      mirrors: [`${server.url}/debian`],
      fromCache: (files: readonly { file: string }[]) => {
        asked.push(...files.map(({ file }) => `${file} before ${server.requests.length} requests`));
        return Promise.resolve();
      },
    };
    await ensureFiles(root(kept), context);
    expect(asked).toEqual(['pool/main/kept_1.0_amd64.deb before 0 requests']);
  });

  test('that no archive has is told of with the ways out', async () => {
    serve({ '/debian/pool/main/kept_1.0_amd64.deb': 'kept' });
    const context = {
      ...freshContext(),
      mirrors: [`${server.url}/debian`],
      relock: 'cidermill lock trunk',
    };
    await expect(ensureFiles(root(kept, gone), context)).rejects.toMatchObject({
      code: 'package-vanished',
      message: 'no longer in bookworm: gone 1.0',
      hint: expect.stringMatching(
        /"mirrors:" .*@SNAPSHOTID@[^]*`cidermill lock trunk --keep`[^]*--update-vanished/,
      ) as string,
    });
    // What came is kept for the next time.
    expect(hasBlob(context.store, kept.sha256)).toBe(true);
  });

  test('that another file stands in place of is refused', async () => {
    serve({ '/debian/pool/main/kept_1.0_amd64.deb': 'gone' });
    const context = { ...freshContext(), mirrors: [`${server.url}/debian`] };
    await expect(ensureFiles(root(kept), context)).rejects.toMatchObject({ code: 'digest-mismatch' });
    expect(hasBlob(context.store, kept.sha256)).toBe(false);
  });

  test('comes, and what does not come is told of, without apt too', async () => {
    serve({
      '/debian/pool/main/kept_1.0_amd64.deb': 'kept',
      '/debian/pool/main/fix_1.0_amd64.deb': 'gone',
    });
    const context = freshContext();
    const requests = [kept, gone, { ...fix, file: 'pool/main/fix_1.0_amd64.deb' }].map((file) => ({
      file,
      address: `${server.url}/debian/${file.file}`,
    }));
    const asked = await askArchive(`${server.url}/debian/`, requests, undefined, context);
    expect(asked.map(({ file, answer }) => [file.file, answer]).sort()).toEqual([
      ['pool/main/fix_1.0_amd64.deb', 'other'],
      ['pool/main/gone_1.0_amd64.deb', 'absent'],
    ]);
    expect(hasBlob(context.store, kept.sha256)).toBe(true);
  });
});

describe('why a file is missing', () => {
  const known: KnownArchives = {
    mirrors: [{ root: 'http://127.0.0.1/debian/', from: 'apt' }],
    snapshots: [],
  };
  const absent = (file: LockedPackage): Asked => ({
    file,
    root: 'http://127.0.0.1/debian/',
    answer: 'absent',
    said: '404',
  });
  const why = (files: readonly LockedPackage[], asked: readonly Asked[], archives = known) =>
    whyMissed('packages of bookworm', { files, asked, known: archives }, freshContext());

  test('is that the security archive is not among the mirrors, and not that it moved on', () => {
    expect(why([gone], [absent(gone)])).toBeUndefined();
    expect(why([fix], [absent(fix)])).toMatchObject({
      code: 'no-mirror',
      message: expect.stringContaining("fix_1.0_amd64.deb lies on Debian's security archive") as string,
    });
  });

  test('is that no mirror is known, or that one does not answer', () => {
    const none = { mirrors: [], snapshots: [] };
    expect(why([gone], [], none)).toMatchObject({ code: 'no-mirror' });
    const silent: Asked = { ...absent(gone), answer: 'unreachable', said: 'Connection refused' };
    expect(why([gone], [silent])).toMatchObject({ code: 'fetch-failed', temporary: true });
  });
});

describe('the archives that are known', () => {
  test("are the project's, then apt's; the defaults of the host's tools are for parts that neither names", async () => {
    configureApt('', 'deb http://127.0.0.1/own bookworm main\ndeb http://127.0.0.1/other noble main\n');
    const { mirrors } = await knownArchives(['http://127.0.0.1/mine', 'http://127.0.0.1/security']);
    expect(mirrors).toEqual([
      { root: 'http://127.0.0.1/mine/', from: 'cidermill.yaml' },
      { root: 'http://127.0.0.1/security/', from: 'cidermill.yaml' },
      { root: 'http://127.0.0.1/own/', from: 'apt' },
    ]);
    configureApt();
    const fallen = await knownArchives([]);
    expect(fallen.mirrors.every(({ from }) => from === 'mmdebstrap' || from === 'debootstrap')).toBe(true);
    expect(fallen.mirrors.some(({ root: each }) => each.includes('security'))).toBe(true);
  });

  test('are read of the text of mmdebstrap and debootstrap', () => {
    const text = `my $mirror = 'http://127.0.0.1/debian';
my $secmirror = "http://127.0.0.2/debian-security";
$mirror = 'http://127.0.0.3/ubuntu'; DEF_MIRROR="http://127.0.0.1/debian/"; x="http://$host/debian"`;
    expect(rootsIn(text)).toEqual(['http://127.0.0.1/debian/', 'http://127.0.0.2/debian-security/']);
  });

  test('are of a release of Debian only where the host says that it is Debian', () => {
    expect(debianRelease('ID=debian\nVERSION_CODENAME=trixie\n')).toBe('trixie');
    expect(debianRelease('ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n')).toBeUndefined();
  });
});

describe('the date of a snapshot', () => {
  test('stands in its address, which images of Debian name in a comment', () => {
    const comment = '# http://127.0.0.1/archive/debian/20250520T000000Z\nURIs: http://127.0.0.1/debian\n';
    expect(commentedSnapshots(comment)).toEqual(['http://127.0.0.1/archive/debian/@SNAPSHOTID@/']);
    expect(snapshotRoot('http://127.0.0.1/debian/')).toBeUndefined();
    expect(atDate('http://127.0.0.1/@SNAPSHOTID@/', at)).toBe('http://127.0.0.1/20260301T120000Z/');
  });

  test('is that of the lock, and a day later, but never in the future', () => {
    const pinned = Date.parse(at);
    expect(datesToAsk(at, pinned + 90_000_000)).toEqual([at, '2026-03-02T12:00:00Z']);
    expect(datesToAsk(at, pinned + 60_000)).toEqual([at, '2026-03-01T12:01:00Z']);
    expect(datesToAsk(at, pinned)).toEqual([at]);
    expect(isoDate(pinned)).toBe(at);
  });
});

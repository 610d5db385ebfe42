import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { readCpio, writeCpio, type NewEntry } from '../../src/formats/cpio/index.ts';
import { readPbzx, writePbzx } from '../../src/formats/pbzx/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { bunzip2, streamOf } from '../../src/formats/stream/index.ts';
import { judgeSignature, memberSource, readMember, readXar, writeXar } from '../../src/formats/xar/index.ts';
import { extractPackage, readPackage } from '../../src/image/index.ts';
import { fixture, has, present } from '../rig/fixtures.ts';
import { freshFolder } from '../rig/folder.ts';
import { flipped, signedXar } from '../rig/images/signed-xar.ts';

const bytesOf = (data: Uint8Array): AsyncGenerator<Uint8Array> => streamOf(memorySource(data));

async function gather(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of bytes) parts.push(piece);
  return Buffer.concat(parts);
}

function sevenZip(type: string, data: Uint8Array): (name: string) => Buffer {
  const folder = freshFolder();
  writeFileSync(join(folder, 'in'), data);
  execFileSync('7zz', ['x', `-t${type}`, '-y', `-o${folder}/out`, join(folder, 'in')], { stdio: 'ignore' });
  return (name) => readFileSync(join(folder, 'out', name));
}

describe('files of other writers', () => {
  test.each(['odc', 'newc', 'crc', 'bin'])(
    'a cpio archive of the kind %s gives what 7-Zip gives',
    async (kind) => {
      const archive = readFileSync(fixture(`dfvfs/syslog.${kind}.cpio`));
      const found: { path: string; format: string; data: Buffer }[] = [];
      for await (const { path, format, content } of readCpio(bytesOf(archive))) {
        found.push({ path, format, data: await gather(content) });
      }
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({ path: 'syslog', format: kind });
      expect(found[0]?.data.equals(sevenZip('cpio', archive)('syslog'))).toBe(true);
    },
  );

  test.each(present(['goxar/valid.pkg', 'relic/dummy.pkg', 'brew/container.pkg']))(
    'the members of %s are those 7-Zip extracts',
    async (name) => {
      const archive = readFileSync(fixture(name));
      const source = memorySource(archive);
      const theirs = sevenZip('xar', archive);
      for (const member of (await readXar(source))?.members ?? []) {
        if (member.kind !== 'file') continue;
        expect((await gather(readMember(source, member))).equals(theirs(member.path))).toBe(true);
      }
    },
  );

  test('a signature that is not over the table of contents is told from one that is', async () => {
    const own = signedXar();
    const cms = { style: 'CMS', state: 'matches' };
    const archives: [Buffer, object[]][] = [
      [own.archive, [{ style: 'RSA', state: 'matches' }]],
      [flipped(own.archive, own.signatureAt), [{ style: 'RSA', state: 'does not match' }]],
    ];
    if (has('goxar/valid.pkg'))
      archives.push([readFileSync(fixture('goxar/valid.pkg')), [{ style: 'RSA', state: 'matches' }, cms]]);
    if (has('goxar/bad_signature.pkg'))
      archives.push([
        readFileSync(fixture('goxar/bad_signature.pkg')),
        [{ style: 'RSA', state: 'does not match' }, cms],
      ]);
    for (const [archive, expected] of archives) {
      const xar = await readXar(memorySource(archive));
      const reports = await Promise.all(xar?.signatures.map(judgeSignature) ?? []);
      expect(reports).toMatchObject(expected);
    }
  });

  test('a package is extracted with the payload as a folder, every file as cpio has it', async () => {
    const folder = freshFolder();
    const source = memorySource(readFileSync(fixture('relic/dummy.pkg')));
    const out = join(folder, 'out');
    await extractPackage(await readPackage(source), out);
    const payload = (await readXar(source))?.members.find(({ path }) => path.endsWith('/Payload'));
    writeFileSync(
      join(folder, 'p.gz'),
      payload === undefined ? '' : await gather(readMember(source, payload)),
    );
    execFileSync('sh', ['-c', 'mkdir theirs && cd theirs && gzip -dc ../p.gz | cpio -idm --quiet'], {
      cwd: folder,
    });
    execFileSync('diff', ['-r', 'theirs', 'out/com.sas.dummy.pkg/Payload'], { cwd: folder });
    expect(readdirSync(folder).sort()).toEqual(['out', 'p.gz', 'theirs']);
  });

  test('a bit flipped anywhere gives an error of a format, or what was there', async () => {
    const archive = readFileSync(fixture('relic/dummy.pkg'));
    for (let at = 0; at < archive.length; at += 37) {
      const source = memorySource(
        Buffer.from(archive).fill((archive[at] ?? 0) ^ (1 << (at % 8)), at, at + 1),
      );
      try {
        for (const member of (await readXar(source))?.members ?? []) await gather(readMember(source, member));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});

const noise = randomBytes(40_000);
const entries: readonly NewEntry[] = [
  { path: './bin', kind: 'folder', mode: 0o755 },
  { path: './bin/tool', kind: 'file', mode: 0o755, time: 1e9, content: noise },
  { path: './bin/other', kind: 'link', mode: 0o755, content: Buffer.from('tool') },
  { path: './empty', kind: 'file', mode: 0o600 },
];

test.each(['odc', 'newc'] as const)('cpio unpacks the %s archive that is written', async (format) => {
  const folder = freshFolder();
  const archive = await gather(writeCpio(entries, format));
  execFileSync('cpio', ['-idm', '--quiet'], { cwd: folder, input: archive });
  expect(readFileSync(join(folder, 'bin/other')).equals(noise)).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(['bin', 'empty']);
  const seen: string[] = [];
  for await (const { path } of readCpio(bytesOf(archive))) seen.push(path);
  expect(seen).toEqual(['bin', 'bin/tool', 'bin/other', 'empty']);
});

test('7-Zip unpacks the xar archive that is written', () => {
  const theirs = sevenZip(
    'xar',
    writeXar([
      { path: 'a/b & c', data: noise, compress: true },
      { path: 'd', data: noise },
    ]),
  );
  expect(theirs('a/b & c').equals(noise) && theirs('d').equals(noise)).toBe(true);
});

test('a member that is stored is a source of its own, a compressed one is not', async () => {
  const source = memorySource(
    writeXar([
      { path: 'stored', data: noise },
      { path: 'packed', data: noise, compress: true },
    ]),
  );
  const [stored, packed] = ((await readXar(source))?.members ?? []).map((each) => memberSource(source, each));
  expect(Buffer.from((await stored?.read(100, 50)) ?? []).equals(noise.subarray(100, 150))).toBe(true);
  expect(packed).toBeUndefined();
});

test('pbzx gives its chunks back, those by xz and those stored', async () => {
  const xz = execFileSync('xz', ['-c'], { input: Buffer.alloc(50_000, 'ab') });
  const head = Buffer.alloc(28);
  head.write('pbzx');
  head.writeBigUInt64BE(0x1000000n, 4);
  head.writeBigUInt64BE(50_000n, 12);
  head.writeBigUInt64BE(BigInt(xz.length), 20);
  expect(
    (await gather(readPbzx(bytesOf(Buffer.concat([head, xz])), 0))).equals(Buffer.alloc(50_000, 'ab')),
  ).toBe(true);
  const stored = await gather(writePbzx(bytesOf(noise)));
  expect(stored.subarray(28).equals(noise)).toBe(true);
  expect((await gather(readPbzx(bytesOf(stored), 0))).equals(noise)).toBe(true);
  await expect(gather(readPbzx(bytesOf(stored.subarray(0, 1000)), 0))).rejects.toThrow(FormatError);
});

test.each([0, 1, 250_000, 3_000_000])('%i bytes come back from bzip2, twice on end', async (size) => {
  const data = Buffer.concat([
    randomBytes(size / 2),
    Buffer.alloc(size - Math.floor(size / 2), 'x'),
  ]).subarray(0, size);
  const packed = execFileSync('bzip2', ['-c', '-1'], { input: data, maxBuffer: 2 ** 24 });
  const twice = await gather(bunzip2(bytesOf(Buffer.concat([packed, packed])), 0));
  expect(twice.equals(Buffer.concat([data, data]))).toBe(true);
});

test.each([
  ['a path that leads upwards', [{ path: '../evil', kind: 'file', mode: 0o644 }]],
  ['an absolute path', [{ path: '/evil', kind: 'file', mode: 0o644 }]],
  [
    'a file below a link',
    [
      { path: 'x', kind: 'link', mode: 0o755, content: Buffer.from('..') },
      { path: 'x/evil', kind: 'file', mode: 0o644 },
    ],
  ],
] as const)('a payload with %s is refused and leaves nothing', async (_, hostile) => {
  const folder = freshFolder();
  const payload = await gather(writeCpio(hostile, 'odc'));
  const pkg = await readPackage(memorySource(writeXar([{ path: 'Payload', data: payload }])));
  await expect(extractPackage(pkg, join(folder, 'out'))).rejects.toThrow(FormatError);
  expect(readdirSync(folder)).toEqual([]);
});

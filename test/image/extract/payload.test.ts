import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeCpio } from '../../../src/formats/cpio/index.ts';
import { writePbzx } from '../../../src/formats/pbzx/index.ts';
import { memorySource } from '../../../src/formats/source/index.ts';
import { writeXar } from '../../../src/formats/xar/index.ts';
import { readPackage } from '../../../src/image/index.ts';
import { fixture, has } from '../../rig/fixtures.ts';
import { freshFolder } from '../../rig/folder.ts';
import { flipped, signedXar } from '../../rig/images/signed-xar.ts';
import { testProject } from '../../rig/project.ts';

const words = 'one file of two names\n'.repeat(100);

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

async function archive(content: Buffer = Buffer.from(words)): Promise<Buffer> {
  const entries = [
    { path: '.', kind: 'folder', mode: 0o755, serial: 1, links: 2 },
    { path: './a.txt', kind: 'file', mode: 0o644, serial: 2, links: 1, content },
  ] as const;
  return bytesOf(writeCpio(entries, 'odc'));
}

/** By other people's programs, but for pbzx, which has none. */
async function pack(kind: string, data: Buffer): Promise<Buffer> {
  if (kind === 'cpio') return data;
  if (kind === 'pbzx')
    return bytesOf(
      writePbzx(
        (async function* () {
          yield data;
          await Promise.resolve();
        })(),
      ),
    );
  const [program, ...flags] = kind === 'lzma' ? ['xz', '--format=lzma'] : [kind];
  return execFileSync(program, ['-c', ...flags], { input: data, maxBuffer: 2 ** 26 });
}

const kinds = ['cpio', 'pbzx', 'gzip', 'bzip2', 'xz', 'lzma'];

test.each(kinds)(
  'a payload in %s is read in a package, by itself and as the Content of a .xip',
  async (kind) => {
    const folder = freshFolder();
    const payload = await pack(kind, await archive());
    const project = testProject({});
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await project.run(['pkg', ...args]);
      expect([code, stderr]).toEqual([0, '']);
      return stdout;
    };
    const [pkg, alone, xip] = ['a.pkg', 'Payload', 'a.xip'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(pkg, writeXar([{ path: 'Payload', data: payload }]));
    writeFileSync(alone, payload);
    const metadata = { path: 'Metadata', data: Buffer.from('<pkmetadata/>') };
    writeFileSync(xip, writeXar([{ path: 'Content', data: payload }, metadata]));

    expect(await run('list', alone)).toBe('d 0755           0  .\n- 0644        2200  a.txt\n');
    expect(await run('list', xip)).toContain('- 0644        2200  Content:/a.txt\n');
    expect(await run('cat', alone, 'a.txt')).toBe(words);
    expect(await run('cat', pkg, 'Payload:/a.txt')).toBe(words);
    await run('extract', pkg, '-o', join(folder, 'one'));
    await run('extract', alone, '-o', join(folder, 'two'));
    await run('extract', xip, '-o', join(folder, 'three'));
    for (const path of ['one/Payload/a.txt', 'two/a.txt', 'three/Content/a.txt'])
      expect(readFileSync(join(folder, path), 'utf8')).toBe(words);
  },
);

test('a file that is neither package nor payload is refused', async () => {
  await expect(readPackage(memorySource(Buffer.from(words)))).rejects.toThrow(
    /not an installer package \("xar!"\), nor a payload of one/,
  );
});

test('large payloads of xz and of LZMA come out as they went in', async () => {
  const content = Buffer.concat([
    readFileSync(process.execPath).subarray(0, 6_000_000),
    Buffer.alloc(3_000_000, 'abc'),
  ]);
  for (const kind of ['xz', 'lzma']) {
    const pkg = await readPackage(memorySource(await pack(kind, await archive(content))));
    const { payloadEntries } = await import('../../../src/image/index.ts');
    for await (const entry of payloadEntries(pkg))
      if (entry.path === 'a.txt') expect((await bytesOf(entry.content)).equals(content)).toBe(true);
  }
});

test('an LZMA payload cut off, with bytes behind it, and with another size is refused', async () => {
  const { payloadEntries } = await import('../../../src/image/index.ts');
  const whole = await pack('lzma', await archive());
  const read = async (bytes: Buffer): Promise<string[]> => {
    const paths: string[] = [];
    for await (const { path } of payloadEntries(await readPackage(memorySource(bytes)))) paths.push(path);
    return paths;
  };
  expect(await read(whole)).toEqual(['', 'a.txt']);
  await expect(read(whole.subarray(0, whole.length - 20))).rejects.toThrow('ends too early (lzma, at byte');
  await expect(read(Buffer.concat([whole, Buffer.from('more')]))).rejects.toThrow(
    'has bytes behind its end (lzma, at byte',
  );
  const sized = Buffer.from(whole);
  sized.writeBigUInt64LE(1000n, 5);
  await expect(read(sized)).rejects.toThrow('decodes to more than its 1000 bytes (lzma, at byte');
});

test('extract says which signature does not match, and list shows who signed whom', async () => {
  const project = testProject({});
  const folder = freshFolder();
  const { archive: xar, signatureAt } = signedXar();
  writeFileSync(join(folder, 'right.pkg'), xar);
  writeFileSync(join(folder, 'wrong.pkg'), flipped(xar, signatureAt));
  const own = (name: string) =>
    project.run(['pkg', 'extract', join(folder, `${name}.pkg`), '-o', join(folder, name)]);
  expect(await own('right')).toMatchObject({ code: 0, stderr: '' });
  const wrong = await own('wrong');
  expect(wrong.stderr).toMatch(/^warning: the RSA signature of a test does not match/);
  expect(wrong.code).toBe(0);
  if (!has('goxar/valid.pkg')) return;
  const extract = (name: string) =>
    project.run(['pkg', 'extract', fixture(`goxar/${name}.pkg`), '-o', join(freshFolder(), 'out')]);
  expect(await extract('valid')).toMatchObject({ code: 0, stderr: '' });
  const bad = await extract('bad_signature');
  expect(bad.code).toBe(0);
  expect(bad.stderr).toMatch(/^warning: the RSA signature of Developer ID Installer: .* does not match/);
  const { stdout } = await project.run(['pkg', 'list', fixture('goxar/valid.pkg')]);
  expect(stdout).toMatch(/^signature CMS of Developer ID Installer: .*: matches$/m);
  expect(stdout).toContain(
    'signed by: Developer ID Certification Authority, by Apple Root CA (whether to trust it is not judged)',
  );
});

test('links of a payload that lead outside are left out and named, unless they were asked for', async () => {
  const folder = freshFolder();
  const link = (path: string, target: string) =>
    ({ path, kind: 'link', mode: 0o755, content: Buffer.from(target) }) as const;
  const entries = [
    { path: '.', kind: 'folder', mode: 0o755 } as const,
    ...[link('./inside', 'a.txt'), link('./absolute', '/etc/passwd'), link('./up', '../../up')],
  ];
  writeFileSync(join(folder, 'Payload'), await bytesOf(writeCpio(entries, 'odc')));
  const project = testProject({});
  const extract = (to: string, ...more: string[]) =>
    project.run(['pkg', 'extract', join(folder, 'Payload'), '-o', join(folder, to), ...more]);
  const usual = await extract('usual');
  expect(usual.code).toBe(0);
  expect(usual.stdout).toContain('left out, a link that leads outside: absolute -> /etc/passwd\n');
  expect(usual.stdout).toContain('left out, a link that leads outside: up -> ../../up\n');
  expect(readdirSync(join(folder, 'usual'))).toEqual(['inside']);
  expect((await extract('all', '--outside-links')).code).toBe(0);
  expect(readdirSync(join(folder, 'all')).sort()).toEqual(['absolute', 'inside', 'up']);
});

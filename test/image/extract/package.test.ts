import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Failure } from '../../../src/base/index.ts';
import { writeCpio } from '../../../src/formats/cpio/index.ts';
import { memorySource } from '../../../src/formats/source/index.ts';
import { writeXar } from '../../../src/formats/xar/index.ts';
import { extractPackage, readPackage, type Package } from '../../../src/image/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { testProject } from '../../rig/project.ts';

function packageOf(payload: Uint8Array): Promise<Package> {
  return readPackage(memorySource(writeXar([{ path: 'Payload', data: payload }])));
}

/** A tree with names of one file, an empty one among them, as cpio packs it. */
function linkedTree(format: string): { readonly archive: Buffer; readonly tree: string } {
  const tree = join(freshFolder(), 'tree');
  mkdirSync(join(tree, 'deep'), { recursive: true });
  const script = `yes 'the same' | head -c 300000 >a; ln a b; ln a deep/c; : >e; ln e f; echo other >g
    ln -s a soft; chmod 600 g; touch -d '2012-07-25 12:00:00' a e g deep`;
  execFileSync('sh', ['-c', script], { cwd: tree });
  const list = 'deep\ndeep/c\nb\na\nf\ne\ng\nsoft\n';
  const archive = execFileSync('cpio', ['-o', '--quiet', '-H', format], {
    cwd: tree,
    input: list,
    maxBuffer: 2 ** 24,
  });
  return { archive, tree };
}

/** gzip, bzip2 and pbzx, of 64 KiB a chunk, made by others' programs. */
function pack(kind: string, data: Buffer): Buffer {
  const options = { input: data, maxBuffer: 2 ** 24 };
  if (kind === 'plain') return data;
  if (kind !== 'pbzx') return execFileSync(kind, ['-c'], options);
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value));
    return bytes;
  };
  const chunks = [Buffer.from('pbzx'), number(65536)];
  for (let at = 0; at < data.length; at += 65536) {
    const part = data.subarray(at, at + 65536);
    const xz = execFileSync('xz', ['-c', '--check=crc32'], { input: part });
    const stored = xz.length < part.length ? xz : part;
    chunks.push(number(part.length), number(stored.length), stored);
  }
  return Buffer.concat(chunks);
}

test.each([
  ['odc', 'plain'],
  ['odc', 'gzip'],
  ['odc', 'bzip2'],
  ['odc', 'pbzx'],
  ['newc', 'gzip'],
  ['newc', 'pbzx'],
  ['crc', 'plain'],
])(
  'a payload of cpio %s in %s comes out of the command line as it went in, hard links as links',
  async (format, packing) => {
    const { archive, tree } = linkedTree(format);
    const folder = freshFolder();
    writeFileSync(join(folder, 'a.pkg'), writeXar([{ path: 'Payload', data: pack(packing, archive) }]));
    const out = join(folder, 'out');
    const { code, stderr } = await testProject({}).run(['pkg', 'extract', join(folder, 'a.pkg'), '-o', out]);
    expect([code, stderr]).toEqual([0, '']);
    execFileSync('diff', ['-r', '--no-dereference', tree, join(out, 'Payload')]);
    const describe = (root: string, name: string): object => {
      const { mode, mtimeMs, nlink } = lstatSync(join(root, name));
      return { name, mode, mtimeMs, nlink };
    };
    for (const name of ['a', 'b', 'deep/c', 'e', 'f', 'g', 'deep'])
      expect(describe(join(out, 'Payload'), name)).toEqual(describe(tree, name));
  },
);

test('names that claim to be one file and have other contents stay apart', async () => {
  const entry = (path: string, words: string) =>
    ({ path, kind: 'file', mode: 0o644, serial: 7, links: 2, content: Buffer.from(words) }) as const;
  const parts: Uint8Array[] = [];
  for await (const part of writeCpio([entry('a', 'one'), entry('b', 'two')], 'odc')) parts.push(part);
  const out = join(freshFolder(), 'out');
  await extractPackage(await packageOf(Buffer.concat(parts)), out);
  expect(['a', 'b'].map((name) => readFileSync(join(out, 'Payload', name), 'utf8'))).toEqual(['one', 'two']);
});

test('more than the limit is refused and leaves nothing', async () => {
  const folder = freshFolder();
  const pkg = await packageOf(linkedTree('odc').archive);
  const result = extractPackage(pkg, join(folder, 'out'), { limit: 100_000 });
  await expect(result).rejects.toThrow(/more than 100000 bytes/);
  await expect(result).rejects.toBeInstanceOf(Failure);
  expect(readdirSync(folder)).toEqual([]);
});

test('an interrupted extraction leaves nothing; its progress ends with all of the package', async () => {
  const folder = freshFolder();
  const pkg = await packageOf(linkedTree('odc').archive);
  const controller = new AbortController();
  const options = { signal: controller.signal, onProgress: (): void => controller.abort() };
  await expect(extractPackage(pkg, join(folder, 'out'), options)).rejects.toThrow('aborted');
  expect(readdirSync(folder)).toEqual([]);
  const seen: number[] = [];
  await extractPackage(pkg, join(folder, 'out'), { onProgress: (done, total) => seen.push(done / total) });
  expect(seen.at(-1)).toBe(1);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

test('a folder that cannot be written is a failure that names it', async () => {
  const folder = freshFolder();
  writeFileSync(join(folder, 'file'), '');
  const pkg = await packageOf(linkedTree('odc').archive);
  const result = extractPackage(pkg, join(folder, 'file/out'));
  await expect(result).rejects.toThrow(/file\/out cannot be written: not a directory/);
  await expect(result).rejects.toBeInstanceOf(Failure);
});

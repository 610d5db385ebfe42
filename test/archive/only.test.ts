import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { ensureSourceTree, lockLocal, sourceDigest, type Origin } from '../../src/sources/index.ts';
import { takeTree } from '../../src/archive/only.ts';
import { putBytes } from '../../src/store/index.ts';
import { freshContext } from '../sources/store-rig.ts';

const context = freshContext();
const { folder } = context;
let count = 0;

function tree(paths: readonly string[]): string {
  const root = join(folder, `tree-${++count}`);
  for (const path of paths) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
  return root;
}

function entries(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
}

const files = [
  'Makefile',
  'arch/x86/kvm/x86.c',
  'arch/x86/kernel/apic.c',
  'arch/arm/kvm/arm.c',
  'virt/kvm/main.c',
];
const only = ['Makefile', 'arch/x86/kvm', 'nothing/there'];
const wanted = ['Makefile', 'arch', 'arch/x86', 'arch/x86/kvm', 'arch/x86/kvm/x86.c'];

describe('the parts of a source that its recipe wants', () => {
  test("are all that is copied and hashed of a folder of the user's, without its history", async () => {
    const root = tree([...files, '.git/HEAD']);
    symlinkSync('/etc', join(root, 'virt/out'));
    const origin: Origin = { kind: 'local', path: '.', folder: root, only };
    const locked = lockLocal(origin, folder);
    expect(entries(await ensureSourceTree(locked, context))).toEqual(wanted);
    writeFileSync(join(root, 'arch/arm/kvm/arm.c'), 'another');
    writeFileSync(join(root, '.git/HEAD'), 'another');
    expect(sourceDigest(lockLocal(origin, folder))).toBe(sourceDigest(locked));
    writeFileSync(join(root, 'arch/x86/kvm/x86.c'), 'another');
    expect(sourceDigest(lockLocal(origin, folder))).not.toBe(sourceDigest(locked));
    // Without a choice the link that leads out is seen, and refused.
    expect(() => lockLocal({ kind: 'local', path: '.', folder: root }, folder)).toThrow(
      /points outside of the tree/,
    );
  });

  test('are all that is unpacked of an archive, and another choice is another source', async () => {
    const tar = await archive(files.map((path) => `linux-6.1/${path}`));
    const all = { kind: 'url', url: 'http://127.0.0.1:9/linux.tar', mirrors: [], unpack: true } as const;
    const locked = { kind: 'url', origin: { ...all, only }, files: [tar] } as const;
    expect(entries(await ensureSourceTree(locked, context))).toEqual(wanted);
    const whole = { kind: 'url', origin: all, files: [tar] } as const;
    expect(sourceDigest(whole)).not.toBe(sourceDigest(locked));
    expect(entries(await ensureSourceTree(whole, context))).toContain('virt/kvm/main.c');
  });

  test('cannot be told in an archive that has no folder on top', async () => {
    const tar = await archive(files);
    const origin = {
      kind: 'url',
      url: 'http://127.0.0.1:9/flat.tar',
      mirrors: [],
      unpack: true,
      only,
    } as const;
    await expect(ensureSourceTree({ kind: 'url', origin, files: [tar] }, context)).rejects.toMatchObject({
      code: 'bad-archive',
    });
  });

  test('are taken out of a tree that was unpacked whole', () => {
    const root = tree(files);
    const to = join(folder, `taken-${++count}`);
    mkdirSync(to);
    takeTree(root, to, only);
    expect(entries(to)).toEqual(wanted);
  });
});

async function archive(paths: readonly string[]) {
  const made = pack();
  for (const path of paths) made.entry({ name: path }, path);
  made.finalize();
  const parts: Buffer[] = [];
  for await (const part of made as AsyncIterable<Buffer>) parts.push(part);
  const { digest, size } = await putBytes(context.store, Buffer.concat(parts));
  return { file: 'linux.tar', size, sha256: digest };
}

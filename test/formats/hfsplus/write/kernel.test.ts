import { expect, test } from 'vitest';
import {
  childrenOf,
  fieldsOf,
  isSymlink,
  linkTarget,
  newVolume,
  openFork,
  type Entry,
} from '../../../../src/formats/hfsplus/index.ts';
import { has, present } from '../../../rig/fixtures.ts';
import { kernelListings, needs } from '../../../rig/judges/index.ts';
import { commitNew, date, digest, edit, fixtureCopy, judge, pattern, text, withVolume } from './rig.ts';

const from1904To1970 = 2_082_844_800;

/** What Linux has to find: kind, permissions, owner, date and all bytes of all that is in a volume. */
async function expected(path: string): Promise<Map<string, unknown>> {
  return withVolume(path, async (volume) => {
    const found = new Map<string, unknown>();
    const walk = async (folder: Entry, prefix: string): Promise<void> => {
      for (const child of childrenOf(volume, folder)) {
        // Linux hides the folder behind files' hard links and shows that behind folders'.
        if (child.name.startsWith('\0')) continue;
        const key = prefix + child.name.replaceAll('/', ':').replaceAll('\0', '\u2400');
        const target = linkTarget(volume, child);
        const { mode, owner, group, contentModDate } = fieldsOf(target);
        const common = { mode: mode & 0o7777, owner, group, modified: contentModDate - from1904To1970 };
        const data = target.kind === 'file' ? openFork(volume, target, 'data') : undefined;
        if (data === undefined) {
          found.set(key, { kind: 'folder', ...common });
          await walk(child, `${key}/`);
        } else if (isSymlink(target)) {
          const link = Buffer.from(await data.read(0, data.size)).toString();
          found.set(key, { kind: 'symlink', ...common, target: link });
        } else {
          const sha256 = data.size === 0 ? emptySum : ((await digest(data)).split(' ')[1] ?? '');
          found.set(key, { kind: 'file', ...common, size: data.size, sha256 });
        }
      }
    };
    await walk(volume.catalog.root, '');
    return found;
  });
}

const emptySum = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

async function inPieces(): Promise<string> {
  const editor = newVolume({ name: 'Pieces', date, blockSize: 1024 });
  const folder = editor.makeFolder(editor.root, 'small');
  for (let index = 0; index < 1000; index++)
    editor.putFile(folder, `${index}`, { data: pattern(index, 900) });
  const path = await commitNew(editor);
  await edit(path, (again) => {
    for (const [index, file] of [...(again.find('small')?.children?.values() ?? [])].entries())
      if (index % 2 === 0) again.remove(file);
  });
  await edit(path, (again) => void again.putFile(again.root, 'pieces', { data: pattern(7, 300 * 1024) }));
  return path;
}

async function sensitive(): Promise<string> {
  const editor = newVolume({ name: 'Sensitive', date, caseSensitive: true, blockSize: 8192 });
  for (const name of ['a', 'A', 'é', 'É', '日本', 'with:colon']) {
    const folder = editor.makeFolder(editor.root, name, { mode: 0o2750, owner: 501, group: 20 });
    const file = editor.putFile(folder, 'file', { data: text(name), mode: 0o4755 });
    editor.putHardLink(editor.root, `link to ${name}`, file);
    editor.putSymlink(folder, 'symlink', `../${name}/file`);
  }
  return commitNew(editor);
}

test('Linux’s own driver reads every byte of every file', async (context) => {
  needs(context, 'linux');
  const paths = [await inPieces(), await sensitive()];
  for (const name of present([
    'hfsplus-rs/hfsp-small.img.xz',
    'dfvfs/hfsplus.raw',
    'hfsinspect/hfsj.bin.7z',
  ])) {
    const path = fixtureCopy(name);
    await edit(path, (editor) => {
      const folder = editor.makeFolder(editor.root, 'Añadido');
      for (let index = 0; index < 100; index++)
        editor.putFile(folder, `${index}`, { data: pattern(index, index * 500) });
      const first = editor.putFile(folder, 'first', { data: pattern(1, 100) });
      editor.putHardLink(editor.root, 'second', first);
      // Linux has no names beyond the Basic Multilingual Plane.
      for (const file of editor.find('files')?.children?.values() ?? [])
        if (/[\ud800-\udfff]/.test(file.name)) editor.remove(file);
    });
    paths.push(path);
  }
  if (has('hfsplus-rs/hfsp-many2.img.xz')) {
    const many = fixtureCopy('hfsplus-rs/hfsp-many2.img.xz');
    await edit(many, (editor) => {
      const folder = editor.makeFolder(editor.root, 'more');
      for (let index = 0; index < 20_000; index++)
        editor.putFile(folder, `file number ${index}`, { data: text(index % 20 === 0 ? String(index) : '') });
    });
    await edit(many, (editor) => {
      for (const folder of editor.root.children?.values() ?? [])
        for (const [index, file] of [...(folder.children?.values() ?? [])].entries())
          if (index % 2 === 0) editor.remove(file);
    });
    paths.push(many);
  }
  for (const path of paths) await judge(path);
  const listings = await kernelListings(paths);
  for (const [index, path] of paths.entries()) {
    const found = new Map<string, unknown>();
    for (const [key, { kind, mode, owner, group, modified, size, sha256, target }] of listings[index] ?? []) {
      const common = { kind, mode, owner, group, modified };
      if (key === '') continue;
      if (kind === 'file') found.set(key, { ...common, size, sha256 });
      else found.set(key, kind === 'symlink' ? { ...common, target } : common);
    }
    const wanted = await expected(path);
    expect(found.size).toBe(wanted.size);
    expect(found).toEqual(wanted);
  }
}, 300_000);

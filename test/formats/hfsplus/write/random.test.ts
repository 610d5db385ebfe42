import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../../../src/base/index.ts';
import {
  findEntry,
  newVolume,
  type EditedEntry,
  type HfsVolume,
  type VolumeEditor,
} from '../../../../src/formats/hfsplus/index.ts';
import { memorySource } from '../../../../src/formats/source/index.ts';
import { freshFolder } from '../../../rig/folder.ts';
import { commitNew, date, describeTree, digest, edit, judge, pattern, withVolume } from './rig.ts';

/** What a path is to lead to. */
interface Expected {
  readonly kind: 'file' | 'folder';
  readonly data: string;
  readonly resource: string;
  readonly attributes: Readonly<Record<string, string>>;
}
/** By path; names that lead to one file have one object. */
type Tree = Map<string, Expected>;

const names = ['a', 'B', 'é', 'Ångström', '日本語', 'with:colon', '🌈', 'x'.repeat(255), '가각', 'z'];
const folder: Expected = { kind: 'folder', data: '', resource: '', attributes: {} };

const name = fc.integer({ min: 0, max: 60 }).map((number) => {
  const base = names[number % names.length] ?? '';
  return base.length > 200 ? base.slice(3) + String(number).padStart(3, '0') : base + String(number);
});
const size = fc.oneof(
  fc.constantFrom(0, 1, 511, 512, 4096, 4097, 65536),
  fc.integer({ min: 0, max: 30_000 }),
);
const place = fc.nat();
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('file' as const),
      place,
      name,
      size,
      seed: fc.nat(99),
      resource: size,
      attribute: fc.option(size),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('folder' as const), place, name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('symlink' as const), place, name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('link' as const), place, name, to: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('remove' as const), place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('copy' as const), place, name, from: fc.nat() }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Does it to the editor and, where that takes it, to what is expected. */
async function apply(
  each: Operation,
  editor: VolumeEditor,
  tree: Tree,
  before: { volume: HfsVolume; tree: Tree } | undefined,
): Promise<void> {
  const pick = (from: Tree, index: number, kind?: 'file' | 'folder'): string | undefined => {
    const paths = [...from].filter(([, { kind: is }]) => kind === undefined || is === kind);
    return paths[index % paths.length]?.[0];
  };
  const entryAt = (path: string): EditedEntry => {
    const entry = path === '' ? editor.root : editor.find(path);
    if (entry === undefined) throw new Error(`${path} is not there`);
    return entry;
  };
  if (each.kind === 'remove') {
    const path = pick(tree, each.place);
    if (path === undefined) return;
    editor.remove(entryAt(path));
    for (const other of [...tree.keys()])
      if (other === path || other.startsWith(`${path}/`)) tree.delete(other);
    return;
  }
  const folders = ['', ...[...tree].flatMap(([path, { kind }]) => (kind === 'folder' ? [path] : []))];
  const parent = folders[each.place % folders.length] ?? '';
  const to = entryAt(parent);
  const path = parent === '' ? each.name : `${parent}/${each.name}`;
  const taken = tree.has(path.normalize('NFC'));
  const add = (what: Expected): void => void tree.set(path.normalize('NFC'), what);
  try {
    switch (each.kind) {
      case 'folder':
        editor.makeFolder(to, each.name);
        add(folder);
        break;
      case 'symlink': {
        editor.putSymlink(to, each.name, `../${each.name}`);
        add({
          ...folder,
          kind: 'file',
          data: await digest(memorySource(Buffer.from(`../${each.name}`))),
          resource: 'empty',
        });
        break;
      }
      case 'file': {
        const data = pattern(each.seed, each.size);
        const resource = pattern(each.seed + 1, each.resource % 9000);
        const attributes = new Map<string, Uint8Array>();
        if (each.attribute !== null)
          attributes.set('user.ä', await pattern(3, each.attribute).read(0, each.attribute));
        editor.putFile(to, each.name, { data, resource, attributes });
        const described: Record<string, string> = {};
        for (const [key, value] of attributes)
          described[key.normalize('NFD')] = await digest(memorySource(value));
        add({
          kind: 'file',
          data: await digest(data),
          resource: await digest(resource),
          attributes: described,
        });
        break;
      }
      case 'link': {
        const target = pick(tree, each.to, 'file');
        if (target === undefined) return;
        editor.putHardLink(to, each.name, entryAt(target));
        add(tree.get(target) ?? folder);
        break;
      }
      case 'copy': {
        const source = before === undefined ? undefined : pick(before.tree, each.from);
        const entry =
          source === undefined || before === undefined ? undefined : findEntry(before.volume, source);
        if (entry === undefined || before === undefined || source === undefined) return;
        const below = [...before.tree].filter(([key]) => key === source || key.startsWith(`${source}/`));
        editor.copyTree(before.volume, entry, to, each.name);
        for (const [key, what] of below)
          tree.set(`${path}${key.slice(source.length)}`.normalize('NFC'), { ...what });
        break;
      }
    }
    expect(taken).toBe(false);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'exists') throw error;
    expect(taken).toBe(true);
  }
}

async function expectTree(path: string, tree: Tree): Promise<void> {
  await withVolume(path, async (volume) => {
    const found = [...(await describeTree(volume))].filter(([key]) => !key.includes('Private D'));
    const kept = found.map(
      ([key, { kind, data, resource, attributes }]) => [key, { kind, data, resource, attributes }] as const,
    );
    expect(new Map(kept)).toEqual(tree);
    // Links of one file, and no others, lead to one.
    const groups = new Map<Expected, Set<string>>();
    for (const [key, { same }] of found) {
      const what = tree.get(key);
      if (what === undefined || what === folder) continue;
      groups.set(what, (groups.get(what) ?? new Set()).add(same));
    }
    for (const group of groups.values()) expect(group.size).toBe(1);
  });
}

test('whatever is done to a volume in whatever order, it is sound and holds what it should', async () => {
  const folderOfTest = freshFolder();
  let number = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        blockSize: fc.constantFrom(512, 1024, 4096, 8192, 65536),
        caseSensitive: fc.boolean(),
        spare: fc.constantFrom(0, 0, 1, 100, 1000),
        rounds: fc.array(fc.array(operation, { maxLength: 60, size: 'max' }), { minLength: 1, maxLength: 4 }),
      }),
      async ({ blockSize, caseSensitive, spare, rounds: [first = [], ...rest] }) => {
        const path = join(folderOfTest, `${number++}`);
        const tree: Tree = new Map();
        const editor = newVolume({ name: 'Random', date, blockSize, caseSensitive });
        for (const each of first) await apply(each, editor, tree, undefined);
        await commitNew(editor, editor.sizeNeeded() + spare * blockSize, path);
        await judge(path);
        await expectTree(path, tree);
        for (const round of rest) {
          const before = new Map(tree);
          await edit(path, async (again, volume) => {
            for (const each of round) await apply(each, again, tree, { volume, tree: before });
          });
          await judge(path);
          await expectTree(path, tree);
        }
        rmSync(path);
      },
    ),
    { numRuns: Number(process.env['CIDERMILL_RANDOM_RUNS'] ?? 25) },
  );
});

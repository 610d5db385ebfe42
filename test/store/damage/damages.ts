import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ActionResult, ListingEntry } from '../../../src/store/index.ts';
import type { DamagedProject } from './project.ts';

export interface Damage {
  readonly kind:
    'blob' | 'listing' | 'executable' | 'entry' | 'tree' | 'product' | 'log' | 'lock' | 'folder' | 'record';
  readonly what: string;
  readonly make: (project: DamagedProject) => void;
}

/** Ways to spoil a file, with its times put back as rot leaves them. */
const ways: Readonly<Record<string, (path: string) => void>> = {
  'has one bit flipped': (path) => {
    const bytes = readFileSync(path);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  },
  'is cut off': (path) => truncateSync(path, statSync(path).size >> 1),
  'is empty': (path) => truncateSync(path, 0),
  'is longer': (path) => appendFileSync(path, '\0'),
  'is gone': (path) => rmSync(path),
  'is a folder': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
  'is a link to nothing': (path) => {
    rmSync(path);
    symlinkSync('nowhere', path);
  },
};

/** Writes into what is there, so that all links to it change, as bad sectors do. */
function spoil(path: string, way: string): void {
  const { atime, mtime, mode } = statSync(path);
  chmodSync(path, 0o644);
  ways[way]?.(path);
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return;
  chmodSync(path, mode);
  utimesSync(path, atime, mtime);
}

function entries(project: DamagedProject): { readonly path: string; readonly result: ActionResult }[] {
  const folder = join(project.store, 'ac');
  return readdirSync(folder).flatMap((part) =>
    readdirSync(join(folder, part)).map((name) => {
      const path = join(folder, part, name);
      return { path, result: JSON.parse(readFileSync(path, 'utf8')) as ActionResult };
    }),
  );
}

function entryOf(
  project: DamagedProject,
  output: string,
): { readonly path: string; readonly result: ActionResult } {
  const found = entries(project).find(({ result }) => Object.hasOwn(result.outputs, output));
  if (found === undefined) throw new Error(`no step made ${output}`);
  return found;
}

function digestOf(project: DamagedProject, output: string): string {
  return entryOf(project, output).result.outputs[output]?.digest ?? '';
}

function blobOf(project: DamagedProject, digest: string): string {
  return join(project.store, 'cas', digest.slice(0, 2), digest);
}

function inFolder(project: DamagedProject, path: string): string {
  const listing = JSON.parse(
    readFileSync(blobOf(project, digestOf(project, 'files')), 'utf8'),
  ) as ListingEntry[];
  const entry = listing.find((one) => one.path === path);
  if (entry?.type !== 'file') throw new Error(`no ${path}`);
  return blobOf(project, entry.digest);
}

function treeOf(project: DamagedProject, output: string): string {
  return join(project.store, 'trees', digestOf(project, output));
}

function sourceTree(project: DamagedProject): string {
  const { sources } = entryOf(project, 'text').result.action as unknown as {
    sources: Record<string, string>;
  };
  return join(project.store, 'trees', sources['seed'] ?? '');
}

const output = (kind: Damage['kind'], name: string, which: readonly string[]): Damage[] =>
  which.map((way) => ({
    kind,
    what: `the blob of ${name} ${way}`,
    make: (project) => spoil(blobOf(project, digestOf(project, name)), way),
  }));

const entry = (what: string, change: (result: Record<string, unknown>) => unknown): Damage => ({
  kind: 'entry',
  what: `an entry ${what}`,
  make: (project) => {
    const { path, result } = entryOf(project, 'text');
    writeFileSync(path, JSON.stringify(change(result)));
  },
});

const without = (name: string): Damage =>
  entry(`lacks "${name}"`, (result) =>
    Object.fromEntries(Object.entries(result).filter(([field]) => field !== name)),
  );

const folder = (name: string): Damage => ({
  kind: 'folder',
  what: `${name}/ is gone`,
  make: (project) => rmSync(join(project.store, name), { recursive: true }),
});

const stray = (place: (project: DamagedProject) => string, what: string): Damage => ({
  kind: 'folder',
  what: `a stray file in ${what}`,
  make: (project) => writeFileSync(join(place(project), '.DS_Store'), 'Bud1'),
});

export const damages: readonly Damage[] = [
  ...output('blob', 'text', Object.keys(ways)),
  ...output('blob', 'result', ['has one bit flipped', 'is gone']),
  ...output('blob', 'root', ['has one bit flipped', 'is gone']),
  ...output('listing', 'files', ['has one bit flipped', 'is cut off', 'is gone', 'is a folder']),
  ...output('executable', 'tool', ['has one bit flipped', 'is gone']),
  ...['has one bit flipped', 'is gone'].map((way): Damage => ({
    kind: 'blob',
    what: `a file of a stored folder ${way}`,
    make: (project) => spoil(inFolder(project, 'plain.txt'), way),
  })),
  entry('is null', () => null),
  entry('is a list', () => []),
  entry('has outputs {}', (result) => ({ ...result, outputs: {} })),
  entry('has outputs null', (result) => ({ ...result, outputs: null })),
  entry('has its outputs changed for each other', (result) => {
    const { text, tool, ...rest } = result['outputs'] as Record<string, Record<string, unknown>>;
    return {
      ...result,
      outputs: { ...rest, text: { ...tool, path: 'text.txt' }, tool: { ...text, path: 'tool.sh' } },
    };
  }),
  ...['log', 'notes', 'materials', 'producers', 'action', 'key'].map(without),
  ...['has one bit flipped', 'is cut off', 'is empty', 'is a folder'].map((way): Damage => ({
    kind: 'entry',
    what: `an entry ${way}`,
    make: (project) => spoil(entryOf(project, 'text').path, way),
  })),
  {
    kind: 'entry',
    what: "an entry is another action's",
    make: (project) =>
      writeFileSync(entryOf(project, 'text').path, readFileSync(entryOf(project, 'result').path)),
  },
  ...['has one bit flipped', 'is gone'].flatMap((way): Damage[] => [
    {
      kind: 'tree',
      what: `a program in an unpacked folder ${way}`,
      make: (project) => spoil(join(treeOf(project, 'files'), 'below/run.sh'), way),
    },
    {
      kind: 'tree',
      what: `a file of an unpacked buildroot ${way}`,
      make: (project) => spoil(join(treeOf(project, 'root'), 'etc/passwd'), way),
    },
    {
      kind: 'tree',
      what: `a file of an unpacked source ${way}`,
      make: (project) => spoil(join(sourceTree(project), 'words.txt'), way),
    },
    {
      kind: 'executable',
      what: `an unpacked program ${way}`,
      make: (project) => spoil(join(treeOf(project, 'tool'), 'file'), way),
    },
    {
      kind: 'tree',
      what: `the seal of a tree ${way}`,
      make: (project) => spoil(`${treeOf(project, 'files')}.seal`, way),
    },
  ]),
  {
    kind: 'tree',
    what: 'a tree has one file more',
    make: (project) => writeFileSync(join(treeOf(project, 'files'), 'more.txt'), ''),
  },
  {
    kind: 'tree',
    what: "a tree's file may be executed",
    make: (project) => chmodSync(join(treeOf(project, 'files'), 'plain.txt'), 0o755),
  },
  {
    kind: 'executable',
    what: 'an unpacked program may not be executed',
    make: (project) => chmodSync(join(treeOf(project, 'tool'), 'file'), 0o644),
  },
  {
    kind: 'tree',
    what: 'a tree is a file',
    make: (project) => {
      rmSync(treeOf(project, 'files'), { recursive: true });
      writeFileSync(treeOf(project, 'files'), '');
    },
  },
  ...['has one bit flipped', 'is gone'].map((way): Damage => ({
    kind: 'log',
    what: `the blob of a log ${way}`,
    make: (project) => spoil(blobOf(project, entryOf(project, 'text').result.log), way),
  })),
  folder('logs'),
  ...['trees', 'locks', 'users', 'tmp', 'partial', 'history', 'cas', 'ac'].map(folder),
  {
    kind: 'lock',
    what: 'a lock is a folder',
    make: (project) => {
      rmSync(join(project.store, 'locks/store'), { force: true });
      mkdirSync(join(project.store, 'locks/store'));
    },
  },
  {
    kind: 'folder',
    what: 'logs is a file',
    make: (project) => {
      rmSync(join(project.store, 'logs'), { recursive: true });
      writeFileSync(join(project.store, 'logs'), '');
    },
  },
  ...['cas', 'ac', 'trees', 'users', 'tmp', 'history', 'logs', 'locks'].map((name) =>
    stray((project) => join(project.store, name), name),
  ),
  stray((project) => join(blobOf(project, digestOf(project, 'text')), '..'), 'a part of cas'),
  stray((project) => join(entryOf(project, 'text').path, '..'), 'a part of ac'),
  ...['has one bit flipped', 'is cut off', 'is empty', 'is gone'].flatMap((way): Damage[] => [
    {
      kind: 'record',
      what: `the newest record of a step ${way}`,
      make: (project) => spoil(recordOf(project), way),
    },
    {
      kind: 'product',
      what: `a file of a product ${way}`,
      make: (project) => spoil(join(project.product, 'result.txt'), way),
    },
  ]),
  {
    kind: 'record',
    what: 'the newest record of a step is null',
    make: (project) => writeFileSync(recordOf(project), 'null'),
  },
  { kind: 'product', what: 'the link of a product is gone', make: (project) => rmSync(project.product) },
];

function recordOf(project: DamagedProject): string {
  const history = join(project.store, 'history');
  const [checkout = ''] = readdirSync(history).filter((name) => !name.includes('.'));
  return join(history, checkout, 'all/use.json');
}

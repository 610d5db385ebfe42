import { spawnSync } from 'node:child_process';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { events, testProject, type Ended, type TestProject } from '../rig/project.ts';

const memories = join(packageRoot, 'dist/.up-to-date');
/** What is put into a memory to see who answers. */
const marker = 'answered from memory';
/** Older than what a file system's clock may hide, in milliseconds. */
const settled = 2_100;

const files = {
  'recipes/greeting.yaml': `recipe: greeting
summary: A greeting
sources: { name: { local: name.txt } }
environment: none
script: scripts/greeting.ts
outputs: { text: greeting.txt }
`,
  'scripts/greeting.ts': `import { readFileSync, writeFileSync } from 'node:fs';
import { step } from 'cidermill/step';
import { word } from './word.ts';
const { source, output } = await step();
writeFileSync('greeting.txt', word + ' ' + readFileSync(source('name') + '/name.txt'));
await output('text', 'greeting.txt');
`,
  'scripts/word.ts': "export const word = 'hello';\n",
  'name.txt': 'world\n',
  'pipelines/greet.yaml': `pipeline: greet
summary: Greets
steps: { greeting: { recipe: greeting } }
products:
  greet: { from: { text: '\${greeting.text}' } }
`,
};

function memoryOf(root: string): string | undefined {
  return readdirSync(memories)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(memories, name))
    .find((path) => textAt(path).includes(JSON.stringify(`${root}/name.txt`)));
}

/** Nothing of a file that another run has just dropped. */
function textAt(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Marks a project's memory; fails where it has none. */
function mark(root: string): void {
  const path = memoryOf(root);
  if (path === undefined) throw new Error('the run is not remembered');
  const memory = JSON.parse(readFileSync(path, 'utf8')) as { printed: [number, string][] };
  writeFileSync(path, JSON.stringify({ ...memory, printed: [[1, `${marker}\n`], ...memory.printed] }));
}

const store = (root: string): string => join(root, 'artifacts/.store/v1');
const textOf = (root: string): string => readFileSync(join(root, 'artifacts/greet/greeting.txt'), 'utf8');
const withoutTime = (text: string): string => text.replace(/\d+\.\d+ s$/m, 'TIME');

/** The only blob of the store that has this text. */
function blobOf(root: string, text: string): string {
  const found = readdirSync(join(store(root), 'cas'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(store(root), 'cas', name))
    .filter((path) => statSync(path).isFile() && readFileSync(path, 'utf8') === text);
  if (found.length !== 1) throw new Error(`${found.length} blobs`);
  return found[0] ?? '';
}

/** Overwrites a file in place: size and time of modification are as they were. */
function rot(path: string): void {
  const { atime, mtime } = statSync(path);
  const bytes = readFileSync(path);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
}

interface Change {
  readonly what: string;
  readonly make?: (project: TestProject) => void;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** The product's text afterwards. */
  readonly text?: string;
  readonly code?: number;
}

const changes: readonly Change[] = [
  { what: 'a user’s file', make: (project) => project.write('name.txt', 'earth\n'), text: 'hello earth\n' },
  {
    what: 'a module that a script loads',
    make: (project) => project.write('scripts/word.ts', "export const word = 'howdy';\n"),
    text: 'howdy world\n',
  },
  {
    what: 'a script',
    make: (project) =>
      project.write(
        'scripts/greeting.ts',
        readFileSync(join(project.root, 'scripts/greeting.ts'), 'utf8').replace("' '", "', '"),
      ),
    text: 'hello, world\n',
  },
  {
    what: 'a recipe',
    make: (project) =>
      project.write('recipes/greeting.yaml', files['recipes/greeting.yaml'].replace('A greeting', 'Another')),
  },
  { what: 'a pipeline', make: (project) => project.write('pipelines/greet.yaml', 'nonsense\n'), code: 2 },
  { what: 'the store', make: ({ root }) => rmSync(join(store(root), 'ac'), { recursive: true }) },
  { what: 'an entry', make: ({ root }) => rot(entryOf(root)) },
  { what: 'a blob that is cut off', make: ({ root }) => truncateSync(blobOf(root, 'hello world\n'), 3) },
  { what: 'the product', make: ({ root }) => rmSync(join(root, 'artifacts/greet')) },
  {
    what: 'a file of the product',
    make: ({ root }) => writeFileSync(join(root, 'artifacts/greet/greeting.txt'), 'x'),
    text: 'x',
  },
  { what: 'a variable', env: { PATH: `${process.env['PATH'] ?? ''}:/nowhere` } },
  { what: 'an option', args: ['--jobs', '1'] },
];

function entryOf(root: string): string {
  const [entry] = readdirSync(join(store(root), 'ac'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(store(root), 'ac', name))
    .filter((path) => statSync(path).isFile());
  return entry ?? '';
}

describe('a run that had nothing to do', () => {
  /** A project whose run is remembered, and what that run printed. */
  async function remembered(project: TestProject): Promise<Ended> {
    const ended = await project.run(['run', 'greet']);
    mark(project.root);
    return ended;
  }

  it('is answered at once when nothing has changed, with a time of its own, and kept as a run', async () => {
    const project = testProject(files);
    expect(await project.run(['run', 'greet'])).toMatchObject({ code: 0 });
    await setTimeout(settled);
    const before = await remembered(project);
    const runs = (): string[] => readdirSync(join(store(project.root), 'history/runs')).sort();
    const kept = runs();
    const again = await project.run(['run', 'greet']);
    expect(again.stdout).toContain(marker);
    expect(again.code).toBe(0);
    expect(withoutTime(again.stdout.replace(`${marker}\n`, ''))).toBe(withoutTime(before.stdout));
    const added = runs().filter((name) => !kept.includes(name));
    expect(added).toHaveLength(1);
    const [first, second] = [kept.at(-1) ?? '', added[0] ?? ''].map((name) =>
      events(readFileSync(join(store(project.root), 'history/runs', name), 'utf8')),
    );
    const timeless = (all: typeof first): unknown =>
      all?.map((event) => ({ ...event, time: 0, id: '', milliseconds: 0 }));
    expect(timeless(second)).toEqual(timeless(first));
    expect(
      (await project.run(['runs', 'diff', kept.at(-1)?.slice(0, -7) ?? '', added[0]?.slice(0, -7) ?? '']))
        .code,
    ).toBe(0);
  });

  it('is run whole when anything that decides has changed', async () => {
    const projects = changes.map(() => testProject(files));
    for (const project of projects) expect(await project.run(['run', 'greet'])).toMatchObject({ code: 0 });
    await setTimeout(settled);
    const seen = [];
    for (const [index, { make, what, env = {}, args = [] }] of changes.entries()) {
      const project = projects[index] ?? testProject(files);
      await remembered(project);
      expect((await project.run(['run', 'greet'])).stdout, what).toContain(marker);
      make?.(project);
      const { code, stdout } = await project.run(['run', 'greet', ...args], env);
      seen.push({
        what,
        code,
        whole: !stdout.includes(marker),
        ...(code === 0 ? { text: textOf(project.root) } : {}),
      });
    }
    expect(seen).toEqual(
      changes.map(({ what, code = 0, text = 'hello world\n' }) => ({
        ...{ what, code, whole: true },
        ...(code === 0 ? { text } : {}),
      })),
    );
  });

  it('is not remembered as long as a file is so new that a change could go unseen', async () => {
    const project = testProject(files);
    await project.run(['run', 'greet']);
    expect((await project.run(['run', 'greet'])).stdout).toContain('nothing to do');
    expect(memoryOf(project.root)).toBeUndefined();
  });

  it('is not remembered with --json, whose events have times', async () => {
    const project = testProject(files);
    await project.run(['run', 'greet']);
    await setTimeout(settled);
    expect((await project.run(['run', 'greet', '--json'])).stdout).toContain('"executed":0');
    expect(memoryOf(project.root)).toBeUndefined();
    expect((await project.run(['run', 'greet'])).code).toBe(0);
    expect(memoryOf(project.root)).toBeDefined();
  });

  it('is run whole where its memory is damaged', async () => {
    const project = testProject(files);
    await project.run(['run', 'greet']);
    await setTimeout(settled);
    await project.run(['run', 'greet']);
    const path = memoryOf(project.root) ?? '';
    for (const damage of [
      '',
      '{',
      'null',
      '{"looks":[],"printed":[],"took":""}',
      JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), looks: [null] }),
      readFileSync(path, 'utf8').slice(0, -9),
    ]) {
      writeFileSync(path, damage);
      expect(await project.run(['run', 'greet'])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('nothing to do: 1 step cached') as string,
      });
    }
  });

  it('is answered where its lines go to a file, too', async () => {
    const project = testProject(files);
    await project.run(['run', 'greet']);
    await setTimeout(settled);
    const log = join(freshFolder(), 'log.txt');
    const toFile = (): string => {
      const output = openSync(log, 'w');
      const { status } = spawnSync(
        process.execPath,
        [join(packageRoot, 'bin/cidermill.mjs'), 'run', 'greet'],
        {
          cwd: project.root,
          env: { ...process.env, CIDERMILL_STORE: join(project.root, 'artifacts/.store'), NO_COLOR: '1' },
          stdio: ['ignore', output, output],
        },
      );
      closeSync(output);
      expect(status).toBe(0);
      return readFileSync(log, 'utf8');
    };
    expect(toFile()).toContain('nothing to do');
    mark(project.root);
    expect(toFile()).toContain(marker);
  });

  it('is run whole after half a day', async () => {
    const project = testProject(files);
    await project.run(['run', 'greet']);
    await setTimeout(settled);
    await remembered(project);
    const path = memoryOf(project.root) ?? '';
    const before = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
    utimesSync(path, before(11), before(11));
    expect((await project.run(['run', 'greet'])).stdout).toContain(marker);
    utimesSync(path, before(13), before(13));
    expect((await project.run(['run', 'greet'])).stdout).not.toContain(marker);
  });

  it('keeps no value of a variable that may be a secret', async () => {
    const project = testProject(files);
    const secret = { CIDERMILL_CACHE: `http://someone:${['s3', 'cret'].join('')}@127.0.0.1:9/` };
    await project.run(['run', 'greet'], secret);
    await setTimeout(settled);
    await project.run(['run', 'greet'], secret);
    const path = memoryOf(project.root);
    if (path !== undefined) expect(readFileSync(path, 'utf8')).not.toContain('s3cret');
  });
});

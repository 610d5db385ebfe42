import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { makeSample } from '../../src/installer/index.ts';
import { stepModule, testProject, type TestProject } from '../rig/project.ts';
import { onSmallDisk } from '../rig/small-disk.ts';
import { send, startServer } from '../sources/local-server.ts';

const server = await startServer();
const disks = ['12m', '200m'];

/** A recipe that writes megabytes; `until` says what it does when it can write no more. */
function writer(until = ''): Record<string, string> {
  return {
    'recipes/writer.yaml': `recipe: writer
summary: Writes
parameters: { megabytes: { type: integer, default: 1 } }
environment: none
script: scripts/writer.ts
outputs: { data: data }
`,
    'scripts/writer.ts': `import { appendFileSync } from 'node:fs';
import { step } from ${stepModule};
const { number, output } = await step();
const megabyte = Buffer.alloc(1 << 20, 7);
try {
  for (let i = 0; i < number('megabytes'); i++) appendFileSync('data', megabyte);
} catch (error) {
  ${until}
  throw error;
}
await output('data', 'data');
`,
  };
}

function bytesOf(text: string): number {
  const [amount = '', unit = ''] = text.split(' ');
  return Number(amount) * 1024 ** ['B', 'KiB', 'MiB', 'GiB'].indexOf(unit);
}

/** One line that names the folder and the space, and no word of a bug. */
function expectFull(stderr: string, folder: string): void {
  const lines = stderr.split('\n').filter((line) => line.startsWith('error:'));
  expect(lines, stderr).toHaveLength(1);
  expect(lines[0]).toContain(`no space left on the disk of ${folder}`);
  expect(lines[0]).toMatch(/\d (B|KiB|MiB) of \d.* MiB free$/);
  // As it was when it was full, not after what was unfinished has been removed; or less than what was to come.
  const [, needed, free = '', size = ''] =
    /: (?:([\d.]+ \w+) needed, )?([\d.]+ \w+) of ([\d.]+ \w+) free$/.exec(lines[0] ?? '') ?? [];
  const most = needed === undefined ? bytesOf(size) / 10 : bytesOf(needed);
  expect(bytesOf(free), lines[0]).toBeLessThan(most);
  expect(stderr).not.toMatch(/bug|at async/);
}

describe.each(disks)('a disk of %s that is full', (size) => {
  const megabytes = Number.parseInt(size) + 50;

  function fetching(bytes: Buffer): TestProject {
    const file = { file: 'f.bin', size: bytes.length, sha256: sha256(bytes) };
    return testProject({
      'recipes/thing.yaml': `recipe: thing
summary: Of a file
sources: { tree: { url: "${server.url}/f.bin" } }
environment: none
script: scripts/thing.ts
outputs: { a: a }
`,
      'scripts/thing.ts': `import { step } from ${stepModule};\nawait step();\n`,
      'recipes/lock.yaml': JSON.stringify({
        version: 1,
        sources: { 'thing.tree': [{ url: `${server.url}/f.bin`, files: [file] }] },
      }),
    });
  }

  it('ends fetch before it begins, and the second run goes on', async () => {
    const bytes = randomBytes(8 << 20);
    const project = fetching(bytes);
    server.answer(send(bytes));
    const full = await onSmallDisk(project, size, 'fill 4M; cidermill fetch thing');
    expect(full.code).toBe(1);
    expectFull(full.stderr, join(project.root, 'disk/store/v1'));
    expect(full.stderr).toContain('8.0 MiB needed');
    expect(server.requests).toEqual([]);
    const again = await onSmallDisk(
      project,
      size,
      'fill 4M; cidermill fetch thing; rm disk/filler; cidermill fetch thing',
    );
    expect([again.code, again.left], again.stderr).toEqual([0, []]);
  });

  it('ends fetch in the middle', async () => {
    const bytes = randomBytes(8 << 20);
    const project = fetching(bytes);
    server.answer(send(bytes));
    const filler = 'while ! ls disk/store/v1/partial/* >/dev/null 2>&1; do :; done; fill';
    const full = await onSmallDisk(
      project,
      size,
      `cidermill list >/dev/null; (${filler}) & cidermill fetch thing; code=$?; kill %1; wait; (exit $code)`,
    );
    // Where the filler came too late all is there; else it is told, and what came stays for the next run.
    if (full.code !== 0) {
      expect(full.code).toBe(1);
      expectFull(full.stderr, join(project.root, 'disk'));
    }
    expect(full.left.filter((path) => path.includes('/tmp/'))).toEqual([]);
  });

  it.each([
    ['fails', ''],
    ['hangs', 'await new Promise((resolve) => setTimeout(resolve, 600_000));'],
  ])('ends a run whose script %s of it, and the second run goes on', async (_how, until) => {
    const project = testProject(writer(until));
    const full = await onSmallDisk(project, size, `cidermill run writer --set megabytes=${megabytes}`);
    expect(full.code, full.stderr).toBe(1);
    expectFull(full.stderr, join(project.root, 'disk/store/v1'));
    expect(full.stdout).not.toMatch(/bug/);
    expect(full.left).toEqual([]);
    const again = await onSmallDisk(
      project,
      size,
      `cidermill run writer --set megabytes=${megabytes}; cidermill run writer`,
    );
    expect([again.code, again.left], again.stderr).toEqual([0, []]);
  });

  it('ends a run that cannot even begin a step', async () => {
    const project = testProject(writer());
    const full = await onSmallDisk(
      project,
      size,
      'cidermill plan writer >/dev/null; fill; cidermill run writer',
    );
    expect(full.code, full.stderr).toBe(1);
    expectFull(full.stderr, join(project.root, 'disk'));
    expect(full.stdout).not.toMatch(/bug/);
  });

  it('ends verify', async () => {
    const project = testProject(writer());
    const script =
      'cidermill run writer --set megabytes=4 && fill 1M; cidermill verify writer --set megabytes=4';
    const full = await onSmallDisk(project, size, script);
    expect(full.code, full.stderr).toBe(1);
    expectFull(full.stderr, join(project.root, 'disk/store/v1'));
    expect(full.left).toEqual([]);
  });

  it('ends bundle', async () => {
    const project = testProject(writer());
    const script =
      'cidermill run writer --set megabytes=4 && fill 1M; cidermill bundle writer disk/b.tar --set megabytes=4 --with-results';
    const full = await onSmallDisk(project, size, script);
    expect(full.code, full.stderr).toBe(1);
    expectFull(full.stderr, join(project.root, 'disk'));
    expect(full.left).toEqual([]);
  });

  it('ends hfs add, and the image is what it was', async () => {
    const project = testProject({ 'b.txt': 'b' });
    const script = `head -c 3M /dev/urandom >noise; cidermill hfs new disk/v.img noise --size 5M && cp disk/v.img disk/before && fill 1M
cidermill hfs add disk/v.img:/ b.txt; code=$?; cmp disk/v.img disk/before && (exit $code)`;
    const full = await onSmallDisk(project, size, script);
    expect(full.code, full.stdout + full.stderr).toBe(1);
    expectFull(full.stderr, join(project.root, 'disk'));
    expect(full.left).toEqual([]);
  });

  it('ends iso make', async () => {
    const project = testProject({});
    const sample = join(project.root, 'InstallESD.dmg');
    const kernel = Buffer.alloc(300_000, 'kernel');
    await makeSample({ version: '10.10.5', map: 'gpt', size: 12 * 2 ** 20, kernel }, sample);
    const full = await onSmallDisk(project, size, 'fill 1M; cidermill iso make InstallESD.dmg -o disk/a.iso');
    expect(full.code, full.stdout + full.stderr).toBe(1);
    // What is too large is refused before a byte is written.
    expectFull(full.stderr, join(project.root, 'disk'));
    expect(full.stderr).toMatch(/13\.\d MiB needed/);
    const grown = await onSmallDisk(
      project,
      size,
      `fill 15M; (while ! ls -A disk | grep -q partial; do :; done; fill) & cidermill iso make InstallESD.dmg -o disk/a.iso; code=$?; kill %1; wait; (exit $code)`,
    );
    if (grown.code !== 0) expectFull(grown.stderr, join(project.root, 'disk'));
    expect([full.left, grown.left]).toEqual([[], []]);
  });
});

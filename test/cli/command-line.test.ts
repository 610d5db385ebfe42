import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandTable } from '../../src/cli/help/command-table.ts';
import { freshFolder } from '../rig/folder.ts';
import { fixture } from '../rig/fixtures.ts';
import { testProject } from '../rig/project.ts';

describe('the command line', () => {
  it.each(Object.keys(commandTable))('explains %s with --help', async (name) => {
    const { code, stdout, stderr } = await testProject({}).run([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: cidermill ${name}`);
    expect(stdout).toMatch(/^(Commands|Examples?):$/m);
    expect(stdout, 'a default as nobody writes it').not.toMatch(/default:\s+[[{]/);
  });

  it.each([
    ['an unknown command', ['brew']],
    ['an unknown option', ['run', 'quickstart', '--fast']],
    ['an unknown option of a command in another', ['dmg', 'info', 'a.dmg', '--fast']],
    ['a missing argument', ['run']],
    ['a number that is none', ['run', 'quickstart', '--jobs', 'many']],
    ['a pipeline that does not exist', ['run', 'no-such-pipeline']],
    ['a fact that is none of the release', ['guest', 'explain', 'lion', '--despite', 'hept']],
    ['a setting without a value', ['plan', 'quickstart', '--set', 'disk-size']],
    ['a disk of 0 bytes', ['plan', 'quickstart', '--set', 'disk-size=0']],
  ])('ends with 2 for %s', async (_what, args) => {
    const { code, stdout, stderr } = await testProject({}).run(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('refuses a key where a reference to one belongs, without repeating it, also where it is not needed', async () => {
    const { code, stderr } = await testProject({}).run([
      'boot',
      '--guest',
      'lion',
      '--osk',
      'letters-and-letters',
      '--dry-run',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('this is not a reference to a key');
    expect(stderr).not.toContain('letters-and');
  });

  it('says what to give where CIDERMILL_OSK holds the key itself, and that works', async () => {
    const key = 'letters'.padEnd(64, 'x');
    const project = testProject({});
    const checkOf = async (...more: readonly string[]) => {
      const { stdout, stderr } = await project.run(['doctor', '--json', ...more], { CIDERMILL_OSK: key });
      expect(stdout + stderr).not.toContain('letters');
      return (JSON.parse(stdout) as { name: string }[]).find(({ name }) => name === 'key');
    };
    expect(await checkOf()).toMatchObject({
      finding: 'CIDERMILL_OSK does not hold a reference to a key',
      mend: expect.stringContaining('give --osk env:CIDERMILL_OSK.') as string,
    });
    expect(await checkOf('--osk', 'env:CIDERMILL_OSK')).toMatchObject({ state: 'ok' });
  });

  it('shows every fault of the files with its place, and no stack', async () => {
    const project = testProject({
      'pipelines/bad.yaml': 'pipeline: bad\nsummary: Bad\nstesp: {}\nsteps:\n  one: { recipe: frobnicate }\n',
    });
    const { code, stderr } = await project.run(['run', 'bad']);
    expect(code).toBe(2);
    expect(stderr).toContain('pipelines/bad.yaml:3:1  unknown-key');
    expect(stderr).toContain('pipelines/bad.yaml:5:18  unknown-recipe');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("lists the package's pipelines and recipes beside the project's own", async () => {
    const project = testProject({
      'recipes/own.yaml':
        'recipe: own\nsummary: Mine\nenvironment: none\nscript: scripts/own.ts\noutputs: { x: x }\n',
      'scripts/own.ts': '',
    });
    const { stdout } = await project.run(['list']);
    expect(stdout).toMatch(/^\* own +Mine$/m);
    expect(stdout).toMatch(/^ {2}quickstart +\S/m);
  });

  it('makes no folder to list what there is, nor one for a project that is not there', async () => {
    const project = testProject({});
    await project.run(['list']);
    await project.run(['graph', 'quickstart']);
    const { code, stderr } = await project.run(['-C', 'no/such', 'store', 'list']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'error: there is no folder no/such\nhint: --directory names the project, or a folder in it.\n',
    });
    expect(readdirSync(project.root)).toEqual(['cidermill.yaml', 'package.json']);
  });

  it.each([['run'], ['plan'], ['fetch'], ['lock'], ['verify'], ['why', 'seabios'], ['log', 'seabios']])(
    'refuses %s in a folder that is no project, and makes nothing there',
    async (command, ...more) => {
      const project = testProject({ 'inside/a/file': '' });
      const args = [command, 'seabios', ...more];
      rmSync(join(project.root, 'cidermill.yaml'));
      const refused = await project.run(['-C', 'inside', ...args]);
      expect({ code: refused.code, stderr: refused.stderr }).toEqual({
        code: 2,
        stderr: `error: there is no project in ${join(project.root, 'inside')}, nor in a folder above it\nhint: A project has recipes/, pipelines/ or cidermill.yaml. Start one with \`cidermill init\`, or name one with --directory.\n`,
      });
      expect(readdirSync(project.root, { recursive: true }).sort()).toEqual([
        'inside',
        'inside/a',
        'inside/a/file',
        'package.json',
      ]);
    },
  );

  it('opens the store from any folder', async () => {
    const project = testProject({});
    rmSync(join(project.root, 'cidermill.yaml'));
    const listed = await project.run(['store', 'list'], { CIDERMILL_STORE: join(project.root, 'store') });
    expect(listed).toMatchObject({ code: 0, stdout: '0 artifacts\n' });
  });

  it('says which store cannot be opened', async () => {
    const project = testProject({ file: '' });
    const { code, stderr } = await project.run(['store', 'list'], { CIDERMILL_STORE: 'file' });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: the store .*file cannot be opened\ncause: ENOTDIR: .*\nhint: .*CIDERMILL_STORE/,
    );
  });

  it('draws a pipeline whose sources are not locked', async () => {
    const project = testProject({
      'recipes/own.yaml':
        'recipe: own\nsummary: Mine\nsources:\n  tree: { url: "http://127.0.0.1:9/x.tar.gz" }\nenvironment: none\nscript: scripts/own.ts\noutputs: { x: x }\n',
      'scripts/own.ts': '',
    });
    const { code, stdout } = await project.run(['graph', 'own']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'own\nown  ⇐ own\n' });
  });

  it('draws the quickstart as text, DOT and Mermaid', async () => {
    const project = testProject({});
    const [text, dot, mermaid] = await Promise.all(
      ['text', 'dot', 'mermaid'].map(
        async (form) => (await project.run(['graph', 'quickstart', '--format', form])).stdout,
      ),
    );
    expect(text).toMatch(/^smoke +← .*probe/m);
    expect(dot).toContain('"qemu" -> "smoke" [label="qemu"];');
    expect(mermaid).toMatch(/^flowchart LR\n {2}s0\["debian-bookworm"\]/);
  });

  it('names what the doctor finds, as JSON too', async () => {
    const { stdout } = await testProject({}).run(['doctor', '--json']);
    const checks = JSON.parse(stdout) as { name: string; state: string }[];
    expect(checks.find(({ name }) => name === 'flock')?.state).toBe('ok');
    expect(checks.map(({ name }) => name)).toContain('user namespaces');
  });
});

describe('an unlocked source', () => {
  it('refuses to run and names the command that locks it, at the line that declares it', async () => {
    const project = testProject({
      'recipes/own.yaml':
        'recipe: own\nsummary: Mine\nsources:\n  tree: { url: "http://127.0.0.1:9/x.tar.gz" }\nenvironment: none\nscript: scripts/own.ts\noutputs: { x: x }\n',
      'scripts/own.ts': '',
    });
    const { code, stderr } = await project.run(['run', 'own']);
    expect(code).toBe(2);
    expect(stderr).toContain('recipes/own.yaml:4:');
    expect(stderr).toContain('cidermill lock own');
  });
});

it('list shows no escape sequence of a file', async () => {
  const summary = '"\\e]0;owned\\a\\e[31mred\\u202e"';
  const project = testProject({
    'recipes/own.yaml': `recipe: own\nsummary: ${summary}\nenvironment: none\nscript: scripts/own.ts\noutputs: { a: a }\n`,
    'scripts/own.ts': '',
  });
  const { code, stdout } = await project.run(['list']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\* own +red$/m);
  // eslint-disable-next-line no-control-regex -- these characters are what it is about
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});

describe('a key given by --set', () => {
  it.each(['osk', 'OSK', 'the-osk'])('as %s is refused without showing it', async (name) => {
    const key = 'Set-by-mistake-'.padEnd(64, 's');
    for (const command of ['plan', 'run'] as const) {
      const { code, stdout, stderr } = await testProject({}).run([
        command,
        'quickstart',
        '--set',
        `${name}=${key}`,
      ]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('do not give the key by --set');
      expect(stderr).not.toContain(key.slice(0, 14));
    }
  });
});

describe('dmg convert', () => {
  const zlib = 'dfvfs/hfsplus_zlib.dmg';

  it.each([
    ['a truncated DMG', (path: string) => truncateSync(path, 15_000)],
    ['a text file', (path: string) => writeFileSync(path, 'Dear Mac,\n'.repeat(100))],
    ['an empty file', (path: string) => writeFileSync(path, '')],
    [
      'a byte flipped in a chunk',
      (path: string) => {
        const bytes = readFileSync(path);
        bytes[6000] = (bytes[6000] ?? 0) ^ 0xff;
        writeFileSync(path, bytes);
      },
    ],
  ])('refuses %s with one line, exit code 1 and no output left behind', async (_what, spoil) => {
    const folder = freshFolder();
    copyFileSync(fixture(zlib), join(folder, 'bad.dmg'));
    spoil(join(folder, 'bad.dmg'));
    const { code, stdout, stderr } = await testProject({}).run([
      'dmg',
      'convert',
      join(folder, 'bad.dmg'),
      join(folder, 'out.iso'),
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(['bad.dmg']);
  });

  it.each([
    ['convert', (path: string) => ['convert', path, path]],
    ['create', (path: string) => ['create', path, '-o', path]],
    ['extract', (path: string) => ['extract', path, '--partition', '1', '-o', path]],
  ])('never writes over the image it reads: %s', async (_what, args) => {
    const path = join(freshFolder(), 'mine.dmg');
    copyFileSync(fixture(zlib), path);
    const { code, stderr } = await testProject({}).run(['dmg', ...args(path)]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `error: ${path} is the input file itself; give another name\n`,
    });
    expect(readFileSync(path)).toEqual(readFileSync(fixture(zlib)));
  });

  it('refuses an encrypted DMG by name', async () => {
    const folder = freshFolder();
    const [sealed, out] = [join(folder, 'sealed.dmg'), join(folder, 'out.iso')];
    writeFileSync(
      sealed,
      Buffer.concat([Buffer.from('encrcdsa\0\0\0\x02', 'latin1'), Buffer.alloc(130_000)]),
    );
    const { code, stderr } = await testProject({}).run(['dmg', 'convert', sealed, out]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/encrypted/);
    expect(existsSync(out)).toBe(false);
  });

  it('lists a package, as JSON too', async () => {
    const project = testProject({});
    const path = fixture('relic/dummy.pkg');
    const { stdout } = await project.run(['pkg', 'list', path, '--json']);
    const { files } = JSON.parse(stdout) as { files: { path: string; kind: string; size: number }[] };
    expect(files[0]).toEqual({ path: 'Distribution', kind: 'file', mode: '0644', size: 1067 });
    const text = (await project.run(['pkg', 'list', path])).stdout.trim().split('\n');
    expect(text.map((line) => line.slice(20))).toEqual(files.map((each) => each.path));
  });

  it('describes and verifies a real one', async () => {
    const project = testProject({});
    const info = await project.run(['dmg', 'info', fixture(zlib)]);
    expect(info.stdout).toMatch(/UDIF/);
    expect(info.stdout).toMatch(/HFS\+ volume "/);
    expect((await project.run(['dmg', 'verify', fixture(zlib)])).code).toBe(0);
  });
});

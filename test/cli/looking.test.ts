import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wordProject } from '../rig/word-project.ts';

describe('cidermill why', () => {
  it('says the reason first, and the key and what it covers with --key alone', async () => {
    const project = wordProject();
    const { stdout } = await project.run(['why', 'words', 'count']);
    expect(stdout).toBe('count  will run\n    it has not run here before\n');
    await project.run(['run', 'words']);
    expect((await project.run(['why', 'words', 'count'])).stdout).toBe('count  cached\n');
    const keyed = (await project.run(['why', 'words', 'count', '--key'])).stdout;
    expect(keyed).toMatch(/^count {2}cached\n\nkey [0-9a-f]{64}\n\{\n/);
    expect(keyed).toContain('"script": "scripts/count.ts"');
  });
});

describe('cidermill store list', () => {
  it('names the pipeline and the step of each artifact, also of one that an older run made', async () => {
    const project = wordProject();
    await project.run(['run', 'words']);
    project.write('words.txt', 'one two\n');
    await project.run(['run', 'words']);
    const { stdout } = await project.run(['store', 'list']);
    const names = stdout.split('\n').map((line) => line.slice(38));
    expect(names.filter((name) => name === 'words  count')).toHaveLength(2);
    expect(names.filter((name) => name === 'words  frame')).toHaveLength(2);
    const listed = JSON.parse((await project.run(['store', 'list', '--json'])).stdout) as object[];
    expect(listed[0]).toMatchObject({ pipeline: 'words', step: 'frame', script: 'scripts/frame.ts' });
  });
});

describe('cidermill show', () => {
  it('shows a default that follows from a choice as it is written', async () => {
    const { stdout } = await wordProject().run(['show', 'kvm-modules']);
    expect(stdout).toMatch(/^ {2}linux +string, default \$\{release\.linux\},/m);
    const json = JSON.parse((await wordProject().run(['show', 'kvm-modules', '--json'])).stdout) as {
      parameters: { name: string; default?: string }[];
    };
    expect(json.parameters.find(({ name }) => name === 'linux')?.default).toBe('${release.linux}');
  });

  it('tells parameters with defaults and bounds, sources, host tools and outputs, and so does run NAME --help', async () => {
    const project = wordProject();
    const { stdout } = await project.run(['show', 'count']);
    expect(stdout).toContain('count  recipe, of this project: recipes/count.yaml\nCounts words\n');
    expect(stdout).toContain('  flags  list, default [-w]\n');
    expect(stdout).toContain('  words  local: words.txt\n');
    expect(stdout).toContain('  host tools  wc\n');
    expect(stdout).toContain('  count  count.txt\n');
    const help = (await project.run(['run', 'count', '--help'])).stdout;
    expect(help).toContain('Parameters of count (--set NAME=VALUE):\n  flags  list, default [-w]\n');
  });

  it('tells what comes with cidermill, as JSON too, in 80 columns', async () => {
    const project = wordProject();
    const { stdout } = await project.run(['show', 'quickstart']);
    expect(stdout).toContain('quickstart  pipeline, comes with cidermill');
    expect(stdout).toContain('  disk-size     size, default 30G, at least 1M, at most 8T\n');
    const wide = stdout.split('\n').filter((line) => line.length > 80);
    expect(wide.filter((line) => !/https?:|^quickstart/.test(line))).toEqual([]);
    const described = JSON.parse((await project.run(['show', 'seabios', '--json'])).stdout) as object;
    expect(described).toMatchObject({
      kind: 'recipe',
      own: false,
      environment: { kind: 'buildroot', name: 'debian-bookworm' },
      sources: [{ name: 'tree', origins: ['debian: seabios@1.16.2', expect.stringMatching(/^url: /)] }],
    });
  });

  it('refuses a name that is none, with what is near', async () => {
    const { code, stderr } = await wordProject().run(['show', 'word']);
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean "words"?');
  });
});

describe('cidermill validate', () => {
  it('counts the files of a project without a fault, and names what is not pinned', async () => {
    const project = wordProject();
    expect(await project.run(['validate'])).toEqual({ code: 0, stdout: '4 files\n', stderr: '' });
    project.write(
      'recipes/far.yaml',
      'recipe: far\nsummary: Far\nsources: { tree: { url: "http://127.0.0.1:9/a" } }\nenvironment: none\nscript: scripts/frame.ts\noutputs: { a: a }\n',
    );
    expect((await project.run(['validate'])).stdout).toBe(
      '5 files\nnot pinned: far.tree (`cidermill lock`)\n',
    );
  });

  it('shows all faults of recipes, pipelines, routes, settings and the lockfile at once, and ends with 2', async () => {
    const project = wordProject();
    project.write('cidermill.yaml', 'trust: maybe\n');
    project.write('recipes/count.yaml', 'recipe: count\nsumary: x\n');
    project.write('pipelines/words.yaml', 'pipeline: words\nsummary: s\nsteps: { a: { recipe: nope } }\n');
    project.write('recipes/routes/way.yaml', 'route: way\nsteps: 3\n');
    project.write('recipes/lock.yaml', 'sources: 3\n');
    const { code, stdout, stderr } = await project.run(['validate']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const file of [
      'cidermill.yaml',
      'recipes/count.yaml',
      'pipelines/words.yaml',
      'recipes/routes/way.yaml',
      'recipes/lock.yaml',
    ])
      expect(stderr).toMatch(new RegExp(`^${file}:\\d+:\\d+ {2}`, 'm'));
    expect(stderr).toMatch(/^\d+ faults in 5 files$/m);
    const lines = (await project.run(['validate', '--json'])).stdout.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(
      lines.map(() => 'error'),
    );
  });
});

describe('cidermill clean', () => {
  it('removes products that nobody changed, and neither the store nor files of the user', async () => {
    const project = wordProject();
    const artifacts = join(project.root, 'artifacts');
    await project.run(['run', 'words']);
    project.write('artifacts/mine/notes.txt', 'mine');
    const dry = await project.run(['clean', '--dry-run']);
    expect(dry.stdout).toMatch(/^would remove {2}words\n/);
    expect(existsSync(join(artifacts, 'words/framed.txt'))).toBe(true);
    expect((await project.run(['clean'])).stdout).toMatch(/^removed {2}words\n/);
    expect(readdirSync(artifacts).sort()).toEqual(['.gitignore', '.products', '.store', 'mine']);
    expect(readFileSync(join(artifacts, 'mine/notes.txt'), 'utf8')).toBe('mine');
    const again = await project.run(['run', 'words']);
    expect(again.stdout).toContain('nothing to do: 2 steps cached');
    expect(readFileSync(join(artifacts, 'words/framed.txt'), 'utf8')).toBe('[3]');
  });

  it.each([
    ['changed', 'artifacts/words/framed.txt'],
    ['added', 'artifacts/words/guest.log'],
  ])('keeps a product in which a file was %s', async (_how, path) => {
    const project = wordProject();
    await project.run(['run', 'words']);
    project.write(path, 'by hand');
    const { stdout } = await project.run(['clean']);
    expect(stdout).toBe('kept  words: files in it were changed or added\nnothing to remove\n');
    expect(readFileSync(join(project.root, path), 'utf8')).toBe('by hand');
  });
});

describe('cidermill shell', () => {
  it('opens on the host for a step of the host, in an empty folder, with what it was given', async () => {
    const project = wordProject();
    const { code, stdout } = await project.run([
      'shell',
      'words',
      'count',
      '--',
      'sh',
      '-c',
      'ls -A; echo $HOME; exit 5',
    ]);
    expect(code).toBe(5);
    expect(stdout).toMatch(/\/step\/build\n$/);
    expect(readdirSync(join(project.root, 'artifacts/.store/v1/tmp'))).toEqual([]);
  });

  it('says which step must run before', async () => {
    const { code, stderr } = await wordProject().run(['shell', 'words', 'frame', '--', 'true']);
    expect(code).toBe(1);
    expect(stderr).toContain('the step count has no result in the store');
  });

  it.each([
    ['a step that starts no commands', 'frame', 'starts no commands'],
    ['a step that is not there', 'nope', 'words has no step "nope"'],
  ])('refuses %s', async (_what, step, message) => {
    const project = wordProject();
    await project.run(['run', 'words']);
    const { code, stderr } = await project.run(['shell', 'words', step, '--', 'true']);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

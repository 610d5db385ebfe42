import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBuiltScript, tableOf } from '../../../src/engine/script/built-scripts.ts';
import { bundleScript } from '../../../src/engine/script/bundle-script.ts';
import type { Closure } from '../../../src/engine/script/closure.ts';
import { packageRoot } from '../../../src/host/index.ts';
import { freshFolder } from '../../rig/folder.ts';

type Files = Readonly<Record<string, string>>;

function write(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** The closure of scripts/a.ts of a project with these files, which may lie beside the project too. */
async function closureOf(files: Files, scriptFiles: readonly string[] = []): Promise<Closure> {
  const folder = freshFolder();
  write(folder, files);
  const place = { root: join(folder, 'project'), script: 'scripts/a.ts', files: scriptFiles };
  return (await bundleScript(place, 'file:///cidermill/step.js')).closure;
}

const names = async (files: Files, scriptFiles?: readonly string[]): Promise<string[]> =>
  Object.keys((await closureOf(files, scriptFiles)).modules).sort();

const package_ = (version: string): Files => ({
  'project/node_modules/press/package.json': JSON.stringify({ name: 'press', version, main: 'main.js' }),
  'project/node_modules/press/main.js': `module.exports = require('./screw');`,
  'project/node_modules/press/screw.js': `module.exports = 'turned';`,
  'project/node_modules/press/unused.js': '',
});
const usesPress = { 'project/scripts/a.ts': `import press from 'press';\nconsole.log(press);` };

describe("a script's closure", () => {
  it('holds what it imports, and what that imports, once each', async () => {
    expect(
      await names({
        'project/scripts/a.ts': `import { b } from './b.ts';\nexport * from "./below/c.ts";\nb();`,
        'project/scripts/b.ts': `import { c } from './below/c.ts';\nimport './a.ts';\nexport const b = c;`,
        'project/scripts/below/c.ts': `import 'node:fs';\nexport const c = () => 0;`,
        'project/scripts/other.ts': '',
      }),
    ).toEqual(['scripts/a.ts', 'scripts/b.ts', 'scripts/below/c.ts']);
  });

  it('holds modules of every kind, data, and what is imported when it is needed', async () => {
    expect(
      await names({
        'project/scripts/a.ts': `import helper from './helper.mjs';
import data from './data.json' with { type: 'json' };
import { old } from './old.cjs';
console.log(helper, data, old, await import('./late.js'));`,
        'project/scripts/helper.mjs': 'export default 1;',
        'project/scripts/data.json': '{ "a": 1 }',
        'project/scripts/old.cjs': `exports.old = require('./older.cjs');`,
        'project/scripts/older.cjs': 'module.exports = 1;',
        'project/scripts/late.js': 'export default 1;',
      }),
    ).toEqual([
      'scripts/a.ts',
      'scripts/data.json',
      'scripts/helper.mjs',
      'scripts/late.js',
      'scripts/old.cjs',
      'scripts/older.cjs',
    ]);
  });

  it('holds what the recipe declares beside it, and what a declared module imports', async () => {
    const files = {
      'project/scripts/a.ts': `new Worker(new URL('./worker.mjs', import.meta.url));`,
      'project/scripts/worker.mjs': `import './part.mjs';`,
      'project/scripts/part.mjs': '',
      'project/words.txt': 'words',
    };
    expect(await names(files)).toEqual(['scripts/a.ts']);
    expect(await names(files, ['scripts/worker.mjs', 'words.txt'])).toEqual([
      'scripts/a.ts',
      'scripts/part.mjs',
      'scripts/worker.mjs',
      'words.txt',
    ]);
  });

  it('names packages with their versions, and changes with every file that is loaded of one', async () => {
    const closure = await closureOf({ ...usesPress, ...package_('1.2.3') });
    expect(Object.keys(closure.packages)).toEqual(['press@1.2.3']);
    expect(Object.keys(closure.modules)).toEqual(['scripts/a.ts']);
    const digest = closure.packages['press@1.2.3'];
    const patched = { 'project/node_modules/press/screw.js': `module.exports = 'bent';` };
    expect(
      (await closureOf({ ...usesPress, ...package_('1.2.3'), ...patched })).packages['press@1.2.3'],
    ).not.toBe(digest);
    const untouched = { 'project/node_modules/press/unused.js': 'changed' };
    expect((await closureOf({ ...usesPress, ...package_('1.2.3'), ...untouched })).packages).toEqual(
      closure.packages,
    );
    expect(Object.keys((await closureOf({ ...usesPress, ...package_('1.3.0') })).packages)).toEqual([
      'press@1.3.0',
    ]);
  });

  it('names a package that lies outside of the project as any other, and refuses a file that is of none', async () => {
    const folder = freshFolder();
    write(folder, {
      ...usesPress,
      'elsewhere/package.json': '{ "name": "press", "version": "2.0.0" }',
      'elsewhere/index.js': 'module.exports = 1;',
      'outside.ts': 'export const outside = 1;',
      'project/scripts/b.ts': `import { outside } from '../../outside.ts';\nconsole.log(outside);`,
    });
    mkdirSync(join(folder, 'project/node_modules'));
    symlinkSync('../../elsewhere', join(folder, 'project/node_modules/press'));
    const root = join(folder, 'project');
    const linked = await bundleScript({ root, script: 'scripts/a.ts', files: [] }, 'file:///step.js');
    expect(Object.keys(linked.closure.packages)).toEqual(['press@2.0.0']);
    await expect(
      bundleScript({ root, script: 'scripts/b.ts', files: [] }, 'file:///step.js'),
    ).rejects.toMatchObject({
      code: 'outside-module',
    });
  });

  it('has the digests of a tsconfig.json in nothing, since none is read', async () => {
    const files = {
      'project/scripts/a.ts': `import { b } from './b.ts';\nb();`,
      'project/scripts/b.ts': 'export const b = () => 0;',
    };
    const plain = await closureOf(files);
    expect(
      await closureOf({
        ...files,
        'project/tsconfig.json': '{ "compilerOptions": { "paths": { "./b.ts": ["./c.ts"] } } }',
      }),
    ).toEqual(plain);
  });
});

describe("the built form of the package's own scripts", () => {
  const dist = join(packageRoot, 'dist');
  const scripts = readdirSync(join(packageRoot, 'scripts')).filter((name) => name.endsWith('.ts'));

  it.each(scripts)('scripts/%s has the closure that its sources have', async (name) => {
    const script = `scripts/${name}`;
    const built = readBuiltScript(dist, script);
    const live = await bundleScript({ root: packageRoot, script, files: [] }, 'file:///step.js');
    const threads = Object.keys(built?.closure.modules ?? {}).filter((path) => path.endsWith('-worker.ts'));
    const all = { ...live.closure.modules };
    const packages = { ...live.closure.packages };
    for (const thread of threads) {
      const { closure } = await bundleScript(
        { root: packageRoot, script: thread, files: [] },
        'file:///step.js',
      );
      Object.assign(all, closure.modules);
      Object.assign(packages, closure.packages);
    }
    expect(built?.closure).toEqual({ modules: all, packages });
  });

  it('is the same in a checkout at another place and in a package that was installed', () => {
    const copy = join(freshFolder(), 'node_modules/cidermill');
    for (const part of ['package.json', 'src', 'scripts', 'bin'])
      cpSync(join(packageRoot, part), join(copy, part), { recursive: true });
    symlinkSync(join(packageRoot, 'node_modules'), join(copy, 'node_modules'));
    const build = `import { build } from ${JSON.stringify(join(copy, 'bin/build.mjs'))}; await build(${JSON.stringify(copy)});`;
    execFileSync(process.execPath, ['--input-type=module', '-e', build]);
    const keys = (root: string): unknown =>
      scripts.map((name) => readBuiltScript(join(root, 'dist'), `scripts/${name}`)?.closure);
    expect(keys(copy)).toEqual(keys(packageRoot));
  });

  it('holds each worker thread that a module names, at any depth, with all that it loads', () => {
    const root = freshFolder();
    write(root, {
      'package.json': '{ "name": "own", "version": "1.0.0" }',
      'scripts/a.ts': '',
      'src/image/index.ts': `start('deep-worker');`,
      'src/image/decode/below/deep-worker.ts': '',
      'src/image/decode/part.ts': `new Worker('./other-worker.ts')`,
      'src/other/other-worker.ts': '',
      'src/image/unnamed-worker.ts': '',
    });
    const to = (...paths: string[]) => ({ imports: paths.map((path) => ({ path })) });
    const table = tableOf(root, 'out', {
      inputs: {
        'scripts/a.ts': to('src/image/index.ts'),
        'src/image/index.ts': to(),
        'src/image/decode/below/deep-worker.ts': to('src/image/decode/part.ts'),
        'src/image/decode/part.ts': to(),
        'src/other/other-worker.ts': to(),
        'src/image/unnamed-worker.ts': to(),
      },
      outputs: {
        'out/scripts/a.js': { ...to('out/chunk.js'), entryPoint: 'scripts/a.ts' },
        'out/chunk.js': to(),
        'out/workers/deep-worker.js': { ...to(), entryPoint: 'src/image/decode/below/deep-worker.ts' },
        'out/workers/other-worker.js': { ...to(), entryPoint: 'src/other/other-worker.ts' },
        'out/workers/unnamed-worker.js': { ...to(), entryPoint: 'src/image/unnamed-worker.ts' },
      },
    });
    expect(table.modules.map(([name]) => name).sort()).toEqual([
      'scripts/a.ts',
      'src/image/decode/below/deep-worker.ts',
      'src/image/decode/part.ts',
      'src/image/index.ts',
      'src/other/other-worker.ts',
    ]);
    expect([...table.files].sort()).toEqual([
      'chunk.js',
      'scripts/a.js',
      'workers/deep-worker.js',
      'workers/other-worker.js',
    ]);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandTable } from '../../src/cli/help/command-table.ts';
import { readBuiltScript } from '../../src/engine/script/built-scripts.ts';
import { packageRoot } from '../../src/host/index.ts';
import { fileFolder } from '../rig/folder.ts';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly entryCount: number;
  readonly files: readonly { readonly path: string }[];
}

/** npm tells its scripts of the package they are of; the npm that a test starts is of another one. */
const env: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(lifecycle|package|command|execpath|node)|INIT_CWD|NODE_ENV|VITEST)/.test(name),
    ),
  ),
  NO_COLOR: '1',
};

/** Runs a program to its end, which must be 0, and gives what it says. */
function run(cwd: string, program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  expect(status, `${program} ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

/** What a stranger does: a clone of what is committed, a package of it, a folder that knows neither. */
describe('the package that `npm pack` makes of a clean clone', { timeout: 900_000 }, () => {
  const clone = join(fileFolder(), 'clone');
  const home = fileFolder();
  let packed: Packed;

  beforeAll(() => {
    execFileSync('git', ['clone', '--quiet', '--no-hardlinks', packageRoot, clone]);
    [packed] = JSON.parse(run(clone, 'npm', 'pack', '--json')) as [Packed];
    run(home, 'npm', 'install', '--no-audit', '--no-fund', join(clone, packed.filename));
    console.log(`${packed.filename}: ${packed.size} bytes, ${packed.entryCount} files`);
  }, 900_000);

  it('has the man page, with every command', () => {
    const page = readFileSync(join(home, 'node_modules/cidermill/dist/cidermill.1'), 'utf8');
    for (const name of Object.keys(commandTable))
      expect(page).toContain(`.SS "cidermill ${name.replaceAll('-', '\\-')} `);
  });

  it('starts, and makes a project that runs and whose script is typed', () => {
    run(home, 'npx', 'cidermill', 'init', 'demo');
    const demo = join(home, 'demo');
    run(demo, 'npm', 'install', '--no-audit', '--no-fund');
    expect(run(demo, 'npx', 'cidermill', 'run', 'hello')).toContain('Hello, world!');
    expect(run(demo, join(demo, 'artifacts/hello/hello'))).toBe('Hello, world!\n');
    // The project's tsconfig.json does not skip the declarations of libraries.
    run(demo, 'npx', 'tsc', '--noEmit');
    // The types say something: what is none of the protocol's is found.
    writeFileSync(
      join(demo, 'scripts/wrong.ts'),
      "import { step } from 'cidermill/step';\nconst { output } = await step();\nawait output(1, 'hello');\n",
    );
    const wrong = spawnSync('npx', ['tsc', '--noEmit'], { cwd: demo, env, encoding: 'utf8' });
    expect(wrong.stdout).toContain('scripts/wrong.ts(3,14)');
    expect(wrong.status).not.toBe(0);
  });

  it('makes the same keys as a checkout: it has every module that a step is keyed by', () => {
    const installed = join(home, 'node_modules/cidermill');
    const scripts = packed.files.map(({ path }) => path).filter((path) => /^scripts\/[^/]+\.ts$/.test(path));
    expect(scripts.length).toBeGreaterThan(15);
    const closureIn = (root: string, script: string): unknown =>
      readBuiltScript(join(root, 'dist'), script)?.closure;
    for (const script of scripts) {
      expect(closureIn(installed, script), script).toBeDefined();
      expect(closureIn(installed, script)).toEqual(closureIn(clone, script));
    }
  });

  it('has its schemas among its exports, each with an id', () => {
    mkdirSync(join(home, 'reads'));
    writeFileSync(
      join(home, 'reads/schema.mjs'),
      "import schema from 'cidermill/schema/recipe.schema.json' with { type: 'json' };\nconsole.log(schema.$id);\n",
    );
    expect(run(home, process.execPath, 'reads/schema.mjs')).toBe('urn:cidermill:schema:recipe\n');
  });

  it('ships nothing that only development needs, and depends on nothing that is built in', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => /^(test|bench|\.ci|node_modules|coverage)\/|\.map$/.test(path))).toEqual(
      [],
    );
    const { dependencies } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const types = readFileSync(join(clone, 'dist/types/step/step.d.ts'), 'utf8');
    const built = paths
      .filter((path) => /^dist\/.*\.js$/.test(path))
      .map((path) => readFileSync(join(clone, path), 'utf8'))
      .join('\n');
    for (const name of Object.keys(dependencies)) {
      const imported = new RegExp(`(from|import\\(|resolve\\() ?["']${name}["']`);
      // zx's own types are written against these, and it leaves them to its users.
      const isOfTypes = name === '@types/fs-extra';
      expect(isOfTypes || imported.test(built) || imported.test(types), name).toBe(true);
    }
    expect(existsSync(join(home, 'node_modules/cidermill/dist/licences.txt'))).toBe(true);
  });
});

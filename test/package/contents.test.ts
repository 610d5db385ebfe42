import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBuiltScript } from '../../src/engine/script/built-scripts.ts';
import { packageRoot } from '../../src/host/index.ts';
import { packedFiles } from './packed.ts';

const packed = packedFiles();
const dist = join(packageRoot, 'dist');
const keyed = new Set(
  readdirSync(join(packageRoot, 'scripts'))
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => Object.keys(readBuiltScript(dist, `scripts/${name}`)?.closure.modules ?? {})),
);

describe("the package's files", () => {
  it('have every module that a step is keyed by, or keys would differ from those of a checkout', () => {
    expect(keyed.size).toBeGreaterThan(100);
    expect([...keyed].filter((path) => !packed.has(path))).toEqual([]);
  });

  it('have no folder of src/ beside those and the protocol that the docs point at', () => {
    const folderOf = (path: string): string => path.split('/').slice(0, 2).join('/');
    const needed = new Set([...keyed].map(folderOf)).add('src/step');
    const shipped = new Set([...packed].filter((path) => path.startsWith('src/')).map(folderOf));
    expect([...shipped].filter((folder) => !needed.has(folder))).toEqual([]);
  });

  it('have nothing that only development needs', () => {
    const development =
      /^(test|bench|\.ci|coverage|artifacts|node_modules)\/|\.map$|^dist\/\.compiled|schema\/.*\.ts$/;
    // A checkout's dist/ has maps; what is packed is built anew, without (installed.heavy.test.ts).
    const unwanted = [...packed].filter((path) => !path.startsWith('dist/') && development.test(path));
    expect(unwanted).toEqual([]);
  });

  it('have the templates of a new project, the schemas, and what starts the command', () => {
    const { bin } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      bin: { cidermill: string };
    };
    const needed = [bin.cidermill, 'template/gitignore', 'template/recipes/lock.yaml', 'recipes/lock.yaml'];
    const schemas = ['recipe', 'pipeline', 'buildroot', 'route', 'guest'];
    for (const path of [...needed, ...schemas.map((name) => `schema/${name}.schema.json`)])
      expect(packed).toContain(path);
  });
});

it('README shows the recipe and the script that `init` writes', () => {
  const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
  for (const path of ['recipes/hello.yaml', 'scripts/hello.ts'])
    expect(readme).toContain(readFileSync(join(packageRoot, 'template', path), 'utf8'));
});

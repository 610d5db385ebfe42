import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scriptClosure } from '../../src/engine/closure.ts';
import { freshFolder } from '../rig/folder.ts';

/** A project and a package with these files. */
function roots(files: Readonly<Record<string, string>>): { project: string; package: string } {
  const root = freshFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { project: join(root, 'project'), package: join(root, 'package') };
}

const names = (files: Readonly<Record<string, string>>): string[] =>
  Object.keys(scriptClosure('scripts/a.ts', roots(files), new Map())).sort();

describe("a script's closure", () => {
  it('holds what it imports, and what that imports, once each', () => {
    expect(
      names({
        'project/scripts/a.ts': `import { b } from './b.ts';\nexport * from "./below/c.ts";`,
        'project/scripts/b.ts': `import { c } from './below/c.ts';\nimport { a } from './a.ts';`,
        'project/scripts/below/c.ts': `import 'node:fs';\nimport zx from 'zx';`,
        'project/scripts/other.ts': '',
      }),
    ).toEqual(['scripts/a.ts', 'scripts/b.ts', 'scripts/below/c.ts']);
  });

  it('holds the floors it imports with their worker threads, and not the step protocol', () => {
    expect(
      names({
        'project/scripts/a.ts': `import { step } from '#step';\nimport { convert } from '#image';`,
        'package/src/step/index.ts': '',
        'package/src/image/index.ts': `export { convert } from './convert.ts';`,
        'package/src/image/convert.ts': `import { Failure } from '../base/index.ts';
          const worker = new URL('./decode/decode-worker.ts', import.meta.url);`,
        'package/src/image/decode/decode-worker.ts': `import './decode.ts';`,
        'package/src/image/decode/decode.ts': '',
        'package/src/image/unused.ts': '',
        'package/src/base/index.ts': '',
      }),
    ).toEqual([
      'scripts/a.ts',
      'src/base/index.ts',
      'src/image/convert.ts',
      'src/image/decode/decode-worker.ts',
      'src/image/decode/decode.ts',
      'src/image/index.ts',
    ]);
  });

  it('never names a file outside of the project and the package', () => {
    expect(names({ 'project/scripts/a.ts': `import '../../outside.ts';`, 'outside.ts': '' })).toEqual([
      'scripts/a.ts',
    ]);
  });
});

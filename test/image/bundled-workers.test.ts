import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { freshFolder } from '../rig/folder.ts';
import { contentOf, writeUdif, type WrittenTable } from '../rig/images/udif-writer.ts';

const root = resolve(import.meta.dirname, '../..');
const data = Buffer.alloc(2 ** 18, 'bundled or not ');
const tables: readonly WrittenTable[] = [
  {
    name: 'a',
    runs: (['zlib', 'bzip2', 'lzma', 'adc', 'lzfse'] as const).map((kind) => ({
      kind,
      data: Buffer.from(data),
    })),
  },
];

test('threads start from a bundle in dist, in any working directory', async () => {
  const folder = freshFolder();
  writeFileSync(
    join(folder, 'main.ts'),
    `import { convertDmg } from ${JSON.stringify(join(root, 'src/image/index.ts'))};
     await convertDmg('in.dmg', 'out.iso', { threads: 2 });`,
  );
  await build({
    entryPoints: {
      'scripts/main': join(folder, 'main.ts'),
      'workers/decode-worker': join(root, 'src/image/decode/decode-worker.ts'),
    },
    outdir: join(folder, 'dist'),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'in.dmg'), writeUdif(tables));
  execFileSync(process.execPath, [join(folder, 'dist/scripts/main.js')], { cwd: folder });
  expect(readFileSync(join(folder, 'out.iso')).equals(contentOf(tables))).toBe(true);
});

test('threads start from the sources under tsx, in any working directory', () => {
  const folder = freshFolder();
  writeFileSync(
    join(folder, 'main.mts'),
    `import { convertDmg } from ${JSON.stringify(join(root, 'src/image/index.ts'))};
     await convertDmg('in.dmg', 'out.iso', { threads: 2 });`,
  );
  writeFileSync(join(folder, 'in.dmg'), writeUdif(tables));
  execFileSync(process.execPath, ['--import', import.meta.resolve('tsx'), 'main.mts'], { cwd: folder });
  expect(readFileSync(join(folder, 'out.iso')).equals(contentOf(tables))).toBe(true);
});

import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';

/** The modules that a run loads in which nothing is to be done; what they import dynamically is loaded when it is needed. */
const starts = [
  'cli/main.ts',
  'cli/commands/build/run.ts',
  'cli/ready-tools.ts',
  'cli/reporters/index.ts',
  'engine/run.ts',
];

async function loaded(): Promise<{ files: Set<string>; outside: Set<string> }> {
  const { metafile } = await build({
    absWorkingDir: packageRoot,
    entryPoints: ['src/cli/main.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    conditions: ['cidermill-source'],
    external: ['tsx', 'xz-decompress', '@cyclonedx/cyclonedx-library', '@toondepauw/node-zstd'],
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const files = new Set(starts.map((name) => `src/${name}`));
  const outside = new Set<string>();
  for (const file of files) {
    const imports = metafile.inputs[file]?.imports;
    if (imports === undefined) throw new Error(`there is no ${file}`);
    for (const each of imports) {
      if (each.kind === 'dynamic-import') continue;
      if (each.external === true) outside.add(each.path.replace(/^node:/, ''));
      else files.add(each.path);
    }
  }
  return { files, outside };
}

it('a run from the cache loads nothing that it has no use for: no client, no writer of property lists, no zx', async () => {
  const { files, outside } = await loaded();
  expect(outside).toContain('crypto');
  for (const name of ['http', 'https', 'tls', 'worker_threads']) expect(outside).not.toContain(name);
  expect([...files].some((file) => file.startsWith('node_modules/yaml/'))).toBe(true);
  const heavy =
    /^node_modules\/(got|hpagent|p-queue|tar-stream|zx|plist|xmlbuilder|@xmldom|log-update|pkijs|asn1js)\//;
  expect([...files].filter((file) => heavy.test(file))).toEqual([]);
});

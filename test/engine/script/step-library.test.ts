import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import esbuild from 'esbuild';
import { expect, it } from 'vitest';
import { canonicalJson, sha256 } from '../../../src/base/index.ts';
import { packageRoot } from '../../../src/host/index.ts';
import { protocolVersion } from '../../../src/step/index.ts';

it('the library that scripts import is the one that the version of the protocol was given to', async () => {
  // Minified, so that a comment is no change.
  const { outputFiles } = await esbuild.build({
    absWorkingDir: packageRoot,
    entryPoints: ['src/step/index.ts', 'src/step/start.ts'],
    outdir: 'out',
    bundle: true,
    write: false,
    minify: true,
    legalComments: 'none',
    treeShaking: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  });
  const digests = outputFiles.map(({ contents }) => sha256(contents));
  const golden = readFileSync(join(packageRoot, 'test/golden/step-library.json'), 'utf8');
  // Where this differs, raise the version in src/step/protocol.ts: every step's key changes with it. Then write the new
  // digest into the file. A new esbuild or zx may change the digest alone.
  expect({ version: protocolVersion, library: sha256(canonicalJson(digests)) }).toEqual(JSON.parse(golden));
});

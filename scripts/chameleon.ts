import { mkdirSync, writeFileSync } from 'node:fs';
import { sha256 } from '#base';
import { step } from '#step';
import { checkLoader, coverage } from './chameleon/checks.ts';
import { buildCross } from './chameleon/cross.ts';
import type { Range } from './chameleon/flat-image.ts';
import { takePrebuilt } from './chameleon/prebuilt.ts';
import { buildXcode } from './chameleon/xcode.ts';

const here = await step();
const { $, sources, params, output, note } = here;
const [tree, helpers] = [sources['tree'] as string, sources['helpers'] as string];
const base = params.number('base');
const via = chooseWay(params.text('via'));
const identity = { revision: String(params.number('revision')), date: params.text('date') };
mkdirSync('about');

const { image, code } = await make();
const checked = await checkLoader(here, image, {
  base,
  loadAddress: params.number('load-address'),
  limit: params.number('limit'),
  code,
});
writeFileSync('boot', image);
const about = {
  via,
  ...(via === 'prebuilt' ? {} : identity),
  sha256: sha256(image),
  size: image.length,
  ...checked,
};
writeFileSync('about/about.json', `${JSON.stringify(about, undefined, 2)}\n`);
await output('boot', 'boot');
await output('about', 'about');
note(`${via}: ${image.length} bytes of at most ${params.number('limit')}`);
note(coverage(checked.code));

async function make(): Promise<{ image: Uint8Array; code?: readonly Range[] }> {
  if (via === 'prebuilt') return { image: await takePrebuilt(here, tree, params.text('sha256')) };
  // Makefiles write into the tree, and sources are read-only.
  await $`mkdir tree && cp -R ${tree}/. tree && chmod -R u+w tree`;
  // What an earlier build left would be taken for up to date.
  await $`cd tree && rm -rf obj sym dst vers.h auto.conf autoconf.h autoconf.inc`;
  if (via === 'xcode') return { image: await buildXcode(here, 'tree', identity) };
  const built = await buildCross(here, 'tree', {
    config: params.list('config'),
    flags: params.list('flags'),
    cFlags: params.list('c-flags'),
    identity,
    layout: { base, order: params.list('order'), drop: params.list('drop'), define: definitions() },
    memoryEnd: params.number('memory-end'),
    helpers,
  });
  writeFileSync('about/boot.map', built.map);
  await $`clang --version | head -1 > about/compiler.txt`;
  return built;
}

/** `NAME=ADDRESS`. */
function definitions(): Record<string, number> {
  return Object.fromEntries(
    params.list('define').map((line) => {
      const equals = line.lastIndexOf('=');
      return [line.slice(0, equals), Number(line.slice(equals + 1))];
    }),
  );
}

function chooseWay(given: string): string {
  if (given !== 'auto') return given;
  return process.platform === 'darwin' ? 'xcode' : 'cross';
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { sha256 } from '#base';
import { step } from 'cidermill/step';
import { checkLoader, coverage } from './chameleon/image/checks.ts';
import { buildCross } from './chameleon/cross.ts';
import type { Range } from './chameleon/image/flat-image.ts';
import { takePrebuilt } from './chameleon/prebuilt.ts';
import { buildXcode } from './chameleon/xcode.ts';

const here = await step();
const { $, source, text, number, list, output, note } = here;
const [tree, helpers] = [source('tree'), source('helpers')];
const base = number('base');
const via = chooseWay(text('via'));
const identity = { revision: String(number('revision')), date: text('date') };
mkdirSync('about');

const { image, code } = await make();
const checked = await checkLoader(here, image, {
  base,
  loadAddress: number('load-address'),
  limit: number('limit'),
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
note(`${via}: ${image.length} bytes of at most ${number('limit')}`);
note(coverage(checked.code));

async function make(): Promise<{ image: Uint8Array; code?: readonly Range[] }> {
  if (via === 'prebuilt') return { image: await takePrebuilt(here, tree, text('sha256')) };
  // Makefiles write into the tree, and sources are read-only.
  await $`mkdir tree && cp -R ${tree}/. tree && chmod -R u+w tree`;
  // What an earlier build left would be taken for up to date.
  await $`cd tree && rm -rf obj sym dst vers.h auto.conf autoconf.h autoconf.inc`;
  if (via === 'xcode') return { image: await buildXcode(here, 'tree', identity) };
  const built = await buildCross(here, 'tree', {
    config: list('config'),
    flags: list('flags'),
    cFlags: list('c-flags'),
    identity,
    layout: { base, order: list('order'), drop: list('drop'), define: definitions() },
    memoryEnd: number('memory-end'),
    helpers,
  });
  writeFileSync('about/boot.map', built.map);
  await $`clang --version | head -1 > about/compiler.txt`;
  return built;
}

/** `NAME=ADDRESS`. */
function definitions(): Record<string, number> {
  return Object.fromEntries(
    list('define').map((line) => {
      const equals = line.lastIndexOf('=');
      return [line.slice(0, equals), Number(line.slice(equals + 1))];
    }),
  );
}

function chooseWay(given: string): string {
  if (given !== 'auto') return given;
  return process.platform === 'darwin' ? 'xcode' : 'cross';
}

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '#base';
import { memorySource } from '#formats/source';
import { link, type Layout, type LinkInput } from '#link';
import type { Step } from 'cidermill/step';
import { configure } from './configure.ts';
import { dryRun, type Compilation } from './dry-run.ts';
import type { Range } from './image/flat-image.ts';
import { generateHeaders, type Identity } from './generate.ts';
import { linkIncludes } from './includes.ts';
import { explainUndefined } from './modules.ts';
import { ownToolChain, prebuiltHint } from './own-tool-chain.ts';

export interface CrossOptions {
  readonly config: readonly string[];
  /** Flags of clang for C and assembly alike, and those for C alone. */
  readonly flags: readonly string[];
  readonly cFlags: readonly string[];
  readonly identity: Identity;
  readonly layout: Layout;
  /** The first address that is not the loader's: where the firmware's own data begin. */
  readonly memoryEnd: number;
  /** The folder with the sources in `helperNames`, as commands see it. */
  readonly helpers: string;
}

/**
 * What clang expects of a library for Macs, and a tree's libraries of its modules. Each is an object of its own: a tree
 * may have one and lack another.
 */
const helperNames = ['bzero', 'division', 'memmove', 'modules'] as const;

/** Objects of one folder, together as a library or one by one. */
interface Part {
  readonly name: string;
  /** Of the tree, or where the helpers are. */
  readonly folder: string;
  readonly compilations: readonly Compilation[];
  /** The archive's name; undefined: each object is linked, in this order. */
  readonly library?: string;
}

/**
 * Builds stage 2 from a tree: clang compiles what the tree's makefiles name, our linker links it.
 * @param tree in the work folder; it is written to
 * @returns the flat image, its map, and where code lies in it
 */
export async function buildCross(
  here: Step,
  tree: string,
  options: CrossOptions,
): Promise<{ image: Uint8Array; map: string; code: readonly Range[] }> {
  await configure(here, tree, options.config);
  await generateHeaders(here, tree, options.identity);
  const parts = await findParts(here, tree, options.helpers);
  await compileAll(here, tree, parts, options);
  const inputs: LinkInput[] = [];
  for (const part of parts) inputs.push(...(await inputsOf(here, part)));
  const linked = await link(inputs, options.layout).catch((error: unknown) => {
    throw explainUndefined(error, tree);
  });
  if (linked.end > options.memoryEnd) {
    const [end, limit] = [linked.end, options.memoryEnd].map((address) => `0x${address.toString(16)}`);
    throw new Failure(
      'bad-loader',
      `the loader cannot be used: its variables end at ${end}, behind ${limit}`,
    );
  }
  const code = linked.sections.filter(({ name }) => name.startsWith('__text'));
  return {
    image: linked.image,
    map: linked.map,
    code: code.map(({ address, size }) => ({ start: address, end: address + size })),
  };
}

/** boot2 and the libraries that it is linked with, in the order of linking; last of all our own. */
async function findParts(here: Step, tree: string, helpers: string): Promise<Part[]> {
  const boot2 = await dryRun(here, `${tree}/i386/boot2`, 'boot');
  const first = boot2.compilations[0]?.object;
  if (first === undefined) throw nothingCompiled(boot2.otherCompilers);
  if (first !== 'boot2.o') throw new Failure('boot2-not-first', `the tree links ${first} first, not boot2.o`);
  if (boot2.libraries === undefined) {
    throw new Failure('no-link-command', 'the tree cannot be linked: no command in i386/boot2 links it', {
      hint: 'A command that does begins with $(CC), ld or ld_classic, and names libraries by -l.',
    });
  }
  const parts: Part[] = [{ name: 'boot2', folder: `${tree}/i386/boot2`, compilations: boot2.compilations }];
  for (const name of boot2.libraries) {
    const folder = [`lib${name}`, name].map((one) => `${tree}/i386/${one}`).find((one) => existsSync(one));
    // What the tree does not have is of a Mac's compiler; our own helpers stand in for it.
    if (folder === undefined) continue;
    const { compilations } = await dryRun(here, folder);
    parts.push({ name, folder, compilations, library: `lib${name}.a` });
  }
  const own = helperNames.map((name) => ({ source: `${name}.c`, object: `${name}.o`, preprocessor: [] }));
  return [...parts, { name: 'helpers', folder: helpers, compilations: own, library: 'libhelpers.a' }];
}

function nothingCompiled(others: readonly string[]): Failure {
  if (others.length > 0) return ownToolChain(others);
  return new Failure('nothing-compiled', 'no command in i386/boot2 compiles anything', {
    hint: prebuiltHint,
  });
}

async function compileAll(
  here: Step,
  tree: string,
  parts: readonly Part[],
  { flags, cFlags }: CrossOptions,
): Promise<void> {
  const { $, jobs, progress } = here;
  const work = (await $`pwd`.quiet()).stdout.trim();
  noteIncludes(here, tree, parts, work);
  const all = parts.flatMap((part) => part.compilations.map((compilation) => ({ part, compilation })));
  const configuration = ['-include', `${work}/${tree}/autoconf.h`];
  let done = 0;
  const compile = async ({ part, compilation }: (typeof all)[number]): Promise<void> => {
    const { source, object, preprocessor } = compilation;
    const to = `${work}/${objectFolder(part)}/${object}`;
    const args = [
      ...flags,
      ...(source.endsWith('.c') ? cFlags : []),
      ...preprocessor,
      // Assembly wants it too, and its makefiles do not all say so.
      ...(preprocessor.some((word) => word.endsWith('autoconf.h')) ? [] : configuration),
      `-ffile-prefix-map=${work}/${tree}=.`,
      ...['-c', '-o', to, source],
    ];
    const run = await $`cd ${part.folder} && clang ${args}`.nothrow().quiet();
    if (run.exitCode !== 0) {
      console.error(run.stderr);
      const said = run.stderr.split('\n').find((line) => /\berror:/.test(line)) ?? run.stderr.trim();
      throw new Failure('does-not-compile', `${part.folder}/${source}: ${said}`);
    }
    progress(++done, all.length, 'files', source);
  };
  for (const part of parts) mkdirSync(objectFolder(part), { recursive: true });
  const queue = all.values();
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      for (const one of queue) await compile(one);
    }),
  );
}

/** @param work the work folder as commands see it */
function noteIncludes({ note }: Step, tree: string, parts: readonly Part[], work: string): void {
  const seenHere = (path: string, folder: string): string =>
    path.startsWith(`${work}/`) ? resolve(path.slice(work.length + 1)) : resolve(folder, path);
  const own = parts.filter(({ folder }) => folder.startsWith(`${tree}/`));
  const sources = own.flatMap(({ folder, compilations }) =>
    compilations.map(({ source, preprocessor }) => ({
      file: seenHere(source, folder),
      folders: includeFolders(preprocessor).map((path) => seenHere(path, folder)),
    })),
  );
  for (const { name, found } of linkIncludes(resolve(tree), sources))
    note(`#include of ${name} is taken from ${found}`);
}

function includeFolders(words: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    if (word === '-I' || word === '-isystem') return words[index + 1] ?? [];
    return /^-I(.+)/.exec(word)?.[1] ?? [];
  });
}

/** In the work folder. */
function objectFolder({ name }: Part): string {
  return `objects/${name}`;
}

async function inputsOf({ $ }: Step, part: Part): Promise<LinkInput[]> {
  const folder = objectFolder(part);
  const objects = part.compilations.map(({ object }) => object);
  if (part.library !== undefined) {
    await $`cd ${folder} && llvm-ar rcsD ${part.library} ${objects}`.quiet();
  }
  const files = part.library === undefined ? objects : [part.library];
  return files.map((name) => ({ name, source: memorySource(readFileSync(`${folder}/${name}`)) }));
}

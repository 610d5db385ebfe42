import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { memorySource } from '../../src/formats/source/index.ts';
import type { Layout, LinkInput } from '../../src/link/index.ts';

const samples = join(import.meta.dirname, '../fixtures/macho');

/** How the samples are put together; start.s and real.s know the base. */
export const sampleLayout: Layout = {
  base: 0x20200,
  order: [
    ...['__INIT,__text', '__INIT,*', '__NEAR,*', '__TEXT,*', '__IMPORT,*'],
    ...['__DATA,__data', '__DATA,*', '__DATA,__common', '__DATA,__bss'],
  ],
  drop: ['__DWARF,*', '__LD,*', '__TEXT,__eh_frame'],
  define: { _byte_given: 0xa5, _word_given: 0xbeef },
};

/** In the order of linking: libmore.a stands before what wants it. */
const order = [
  ...['start.o', 'real.o', 'kinds.o', 'near.o', 'check.o', 'sections.o', 'libmore.a', 'sections-more.o'],
  ...['commons.o', 'commons-more.o', 'archives.o', 'position-independent.o', 'weak.o', 'weak-more.o'],
  ...['compiled.o', 'libparts.a'],
];

const target = ['-target', 'i386-apple-macosx10.6'];
const compile = [
  ...['-Os', '-g', '-std=gnu99', '-Wall', '-Werror', '-ffreestanding', '-fcommon', '-fno-builtin'],
  ...['-fno-stack-protector', '-mno-sse', '-mno-mmx', '-mno-implicit-float'],
];

/** Compiles the samples with clang into a folder and makes two archives, one of BSD's names and one of GNU's. */
export function buildSamples(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(samples)) {
    const from = join(samples, file);
    const to = join(folder, `${basename(file, extname(file))}.o`);
    const static_ = file === 'position-independent.c' ? [] : ['-static'];
    const prefix = `-ffile-prefix-map=${samples}=.`;
    if (file.endsWith('.s')) clang([...target, '-c', '-o', to, from]);
    if (file.endsWith('.c')) clang([...target, ...compile, ...static_, prefix, '-c', '-o', to, from]);
  }
  archive(folder, 'darwin', 'libparts.a', ['a-part-that-is-wanted.o', 'never.o']);
  archive(folder, 'gnu', 'libmore.a', ['never.o', 'elsewhere.o', 'a-part-that-is-wanted.o']);
}

/** Compiles a text; gives the object's bytes. */
export function assemble(source: string, language: 'assembler' | 'c' = 'assembler'): Uint8Array {
  const args = [...target, ...(language === 'c' ? [...compile, '-static'] : []), '-x', language];
  return execFileSync('clang', [...args, '-c', '-o', '-', '-'], { input: source });
}

export function archive(
  folder: string,
  format: 'darwin' | 'gnu' | 'bsd',
  name: string,
  members: readonly string[],
): void {
  execFileSync('llvm-ar', [`--format=${format}`, 'rcs', name, ...members], { cwd: folder });
}

/** The samples as they are linked. */
export function sampleInputs(folder: string): LinkInput[] {
  return order.map((name) => input(name, readFileSync(join(folder, name))));
}

export function input(name: string, bytes: Uint8Array): LinkInput {
  return { name, source: memorySource(bytes) };
}

function clang(args: readonly string[]): void {
  execFileSync('clang', args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

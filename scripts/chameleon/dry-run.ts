import { Failure } from '#base';
import type { Step } from 'cidermill/step';
import { shellWords } from './shell-words.ts';

/** What stands for the compiler in a dry run, so that its commands cannot be mistaken. */
export const compiler = 'cidermill-cc';

/** A source that makes compiles. */
export interface Compilation {
  /** Relative to the folder of its makefile. */
  readonly source: string;
  /** The object's name, without a folder. */
  readonly object: string;
  /** Defines, include paths and included files, as the makefile gives them. */
  readonly preprocessor: readonly string[];
}

/** What make would do in a folder. */
export interface DryRun {
  /** In the order of its commands. */
  readonly compilations: readonly Compilation[];
  /** Of the first command that links: NAME of each `-lNAME`. Undefined when none does. */
  readonly libraries: readonly string[] | undefined;
  /** Compilers that the makefiles start by another name than $(CC). */
  readonly otherCompilers: readonly string[];
  /** Of the commands that write it: every header made by one, as make calls it. */
  readonly headers: readonly string[];
}

/**
 * Asks make what it would do, without doing it: what is compiled with what, and linked, comes from the tree's own
 * makefiles, whatever their variables are called.
 * @param folder that has the makefile, as the step's commands see it
 * @throws Failure 'no-make-rule' with what make says
 */
export async function dryRun({ $ }: Pick<Step, '$'>, folder: string, goal = ''): Promise<DryRun> {
  return readDryRun(await makeDry($, folder, goal, 'all'));
}

/**
 * What of a goal make can tell: some of it may want a Mac, or what only comes to be on the way.
 * @param folder as for `dryRun`
 */
export async function dryRunOfSome({ $ }: Pick<Step, '$'>, folder: string): Promise<DryRun> {
  return readDryRun(await makeDry($, folder, '', 'some'));
}

async function makeDry($: Step['$'], folder: string, goal: string, wanted: 'all' | 'some'): Promise<string> {
  const set = ['CC', 'CPP', 'CXX'].map((name) => `${name}=${compiler}`);
  const goals = goal === '' ? [] : [goal];
  const going = wanted === 'some' ? ['--keep-going'] : [];
  const run =
    await $`make --dry-run ${going} --no-print-directory -C ${folder} SHELL=/bin/bash ${set} ${goals}`
      .nothrow()
      .quiet();
  if (run.exitCode !== 0 && wanted === 'all') {
    const said = run.stderr.split('\n').find((line) => line.includes('***')) ?? run.stderr.trim();
    throw new Failure('no-make-rule', `${folder}: ${said.replace(/^make.*?\*\*\* /, '')}`, {
      hint: 'Check that this is the tree of Chameleon as upstream publishes it.',
    });
  }
  return run.stdout;
}

/** Reads what `make -n` printed. */
export function readDryRun(output: string): DryRun {
  const commands = output
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.trim());
  const words = commands.map(shellWords);
  const compiled = words.filter(([program]) => program === compiler);
  const linked = words.find(
    (each) => isLinker(each[0]) && !each.includes('-c') && each.some((word) => word.startsWith('-l')),
  );
  const headers = commands.flatMap((command) => />>?\s*(\S+\.h)(?:\s|$)/.exec(command)?.[1] ?? []);
  const others = words.filter(makesObject).map(([program = '']) => program);
  return {
    compilations: compiled.flatMap((each) => readCompilation(each) ?? []),
    libraries: linked?.flatMap((word) => /^-l(.+)/.exec(word)?.[1] ?? []),
    otherCompilers: [...new Set(others)],
    headers: [...new Set(headers)],
  };
}

/** Links by the compiler, or by the linker's own name, with or without a path. */
function isLinker(program: string | undefined): boolean {
  return program === compiler || /^(.*\/)?(ld|ld_classic|cc)$/.test(program ?? '');
}

/** Is it a compiler or assembler, other than the tree's $(CC), that makes an object? */
function makesObject([program = '', ...words]: readonly string[]): boolean {
  return (
    program !== compiler &&
    /(^|\/|-)(gcc|g\+\+|cc|clang|c\+\+|as|nasm|yasm)(-[\d.]+)?$/.test(program) &&
    words.some((word, index) => word === '-o' && /\.o$/.test(words[index + 1] ?? ''))
  );
}

/** Undefined for a command that links, or that only writes down what a source depends on. */
function readCompilation(words: readonly string[]): Compilation | undefined {
  if (!words.includes('-c') || words.some((word) => word === '-M' || word === '-MM')) return undefined;
  const preprocessor: string[] = [];
  let source: string | undefined;
  let object: string | undefined;
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? '';
    if (/^-[DIU]./.test(word)) preprocessor.push(word);
    else if (/^-([DIU]|include|isystem)$/.test(word)) preprocessor.push(word, words[++index] ?? '');
    else if (word === '-o') object = words[++index];
    else if (/^-(MF|MT|dependency-file|arch|x)$/.test(word)) index++;
    else if (/\.(c|s|S|cpp|cc|m)$/.test(word)) source = word;
  }
  if (source === undefined || object === undefined) return undefined;
  return { source, object: object.slice(object.lastIndexOf('/') + 1), preprocessor };
}

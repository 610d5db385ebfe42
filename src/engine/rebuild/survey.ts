import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from '../../host/index.ts';
import { run } from '../../host/programs/program.ts';
import { inOwnWorld, type OwnWorld } from './namespaces.ts';

/** Of a program that is tried, in milliseconds. */
const patience = 20_000;

/** What this host has for varying a rebuild; each was tried, not only found. */
export interface Survey {
  /** The CPUs that this process may use, by number. */
  readonly cpus: readonly number[];
  /** libfaketime, absolute. */
  readonly clockLibrary: string | undefined;
  /** A folder with the compiled locale `otherLocale`, absolute. */
  readonly locales: string | undefined;
  /** Mounts that reverse a folder's order, seen by one process and what it starts. */
  readonly fileOrder: boolean;
  /** A host name of one's own, for one process and what it starts. */
  readonly hostName: boolean;
}

/** Letters are in another order than in C or English: z comes before t. */
export const otherLocale = 'et_EE.UTF-8';

/** Finds out what can be varied here. @param folder an empty one for trials, which also holds the locale afterwards */
export async function surveyHost(folder: string): Promise<Survey> {
  const [locales, trial] = await Promise.all([compileLocale(folder), tryNamespaces(folder)]);
  return { cpus: allowedCpus(), clockLibrary: findClockLibrary(), locales, ...trial };
}

function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Where Debian and others keep it. */
function findClockLibrary(): string | undefined {
  const library = 'faketime/libfaketime.so.1';
  const folders = [
    '/usr/lib',
    '/usr/lib64',
    '/lib',
    ...readdirSync('/usr/lib').map((name) => `/usr/lib/${name}`),
  ];
  return folders.map((each) => join(each, library)).find((path) => isReadable(path));
}

function isReadable(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

async function compileLocale(folder: string): Promise<string | undefined> {
  const localedef = findTool('localedef');
  if (localedef === undefined) return undefined;
  const home = join(folder, 'locales');
  mkdirSync(home);
  const args = ['--no-archive', '-c', '-i', 'et_EE', '-f', 'UTF-8', join(home, otherLocale)];
  // It ends with 1 for a warning; whether the locale works is asked of `sort` where it is used.
  await run(localedef, args, { timeout: patience }).catch(() => undefined);
  return readdirSync(home).length > 0 ? home : undefined;
}

async function tryNamespaces(folder: string): Promise<{ fileOrder: boolean; hostName: boolean }> {
  const [files, mount] = [join(folder, 'files'), join(folder, 'mount')];
  mkdirSync(files);
  mkdirSync(mount);
  for (const name of ['b', 'a', 'c']) writeFileSync(join(files, name), '');
  const name = 'another-name';
  const tried = async (world: OwnWorld, ...command: string[]): Promise<string> => {
    const [program = '', ...args] = [...inOwnWorld(world), ...command];
    const ended = await run(program, args, { timeout: patience }).catch(() => undefined);
    return ended?.exitCode === 0 ? ended.stdout : '';
  };
  const [order, hostName] = await Promise.all([
    findTool('disorderfs') === undefined
      ? ''
      : tried({ mounts: [{ from: files, to: mount }] }, 'ls', '-U', mount),
    tried({ hostName: name }, 'uname', '-n'),
  ]);
  return { fileOrder: order === 'c\nb\na\n', hostName: hostName === `${name}\n` };
}

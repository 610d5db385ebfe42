import { readFileSync, realpathSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { findTool, packageRoot, type SystemPackages } from '../../host/index.ts';
import type { Opened, StraceLog } from './strace-log.ts';

/** What a step may read, with absolute paths. */
export interface Declared {
  /** The work folder and its surroundings, sources, inputs: files, and folders with all in them. */
  readonly places: readonly string[];
  /** The script's modules, which are in its key. */
  readonly modules: readonly string[];
  /** The host's programs that its recipe names. */
  readonly tools: readonly string[];
}

/** Reads that nothing declares, of files that belong together. */
export interface Undeclared {
  /** The Debian package that the files are of; files of none stand together by their folder. */
  readonly package?: string;
  /** Sorted; at most `mostPaths`. */
  readonly paths: readonly string[];
  readonly count: number;
  /** The `$` commands that did it, at most `mostCommands`; empty for the script itself. */
  readonly commands: readonly string[];
}

const mostPaths = 5;
const mostCommands = 3;

/**
 * What every program reads that runs on a host: of the machine, of the C library, of who the users are. docs/reproducibility.md
 * says so; a step that depends on them is found by `verify`.
 */
const baseSystem = [
  '/proc',
  '/sys',
  '/dev',
  '/etc/ld.so.cache',
  '/etc/ld.so.preload',
  '/etc/locale.alias',
  '/etc/localtime',
  '/etc/nsswitch.conf',
  '/etc/passwd',
  '/etc/group',
  '/usr/lib/locale',
  '/usr/share/zoneinfo',
];

/** Programs that each step on the host has without naming them: `$` starts bash. */
const implied = ['bash', 'env'];

/** What of a trace nothing declares, grouped by package; the most files first. */
export function undeclaredReads(
  { opened, made }: StraceLog,
  declared: Declared,
  system: SystemPackages | undefined,
): Undeclared[] {
  const programs = [...declared.tools, ...implied].flatMap((name) => findTool(name) ?? []).map(realPath);
  const owners = programs.flatMap((path) => system?.ownerOf(path) ?? []);
  const packages = system?.closureOf(owners);
  const places = [...declared.places, ...declared.modules, ...baseSystem, ...programs, ...nodeItself()].map(
    realPath,
  );
  const libraries = nodeLibraries();
  const groups = new Map<string, Opened[]>();
  for (const one of opened) {
    if (places.some((place) => isWithin(one.path, place)) || isMade(one.path, made)) continue;
    if (one.command === undefined && libraries.has(realPath(one.path))) continue;
    const owner = system?.ownerOf(one.path) ?? system?.ownerOf(realPath(one.path));
    if (owner !== undefined && packages?.has(owner) === true) continue;
    // Without dpkg nobody knows what belongs to which program.
    if (system === undefined && isWithin(one.path, '/usr')) continue;
    const group = owner ?? `\0${dirname(one.path)}`;
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  return [...groups]
    .map(([name, reads]): Undeclared => {
      const paths = [...new Set(reads.map(({ path }) => path))].sort();
      const commands = [...new Set(reads.flatMap(({ command }) => command ?? []))];
      return {
        ...(name.startsWith('\0') ? {} : { package: name }),
        paths: paths.slice(0, mostPaths),
        count: paths.length,
        commands: commands.slice(0, mostCommands),
      };
    })
    .sort((a, b) => b.count - a.count || ((a.paths[0] ?? '') < (b.paths[0] ?? '') ? -1 : 1));
}

/** What Node and the loaders read to run a script at all; none of it is the script's doing. */
function nodeItself(): string[] {
  const ours = ['dist', 'node_modules', 'package.json', 'tsconfig.json', 'src'].map((name) =>
    join(packageRoot, name),
  );
  const node = realPath(process.execPath);
  return [
    ...ours,
    node,
    join(dirname(dirname(node)), 'lib'),
    // What Debian's libnode reads at every start.
    '/usr/share/nodejs',
    '/etc/ssl/openssl.cnf',
    '/usr/lib/ssl/openssl.cnf',
    join(tmpdir(), `tsx-${process.getuid?.() ?? ''}`),
    join(homedir(), '.node_repl_history'),
  ];
}

/** The shared libraries that this Node is linked with, by their real paths: some builds of it bring them, some do not. */
function nodeLibraries(): ReadonlySet<string> {
  const maps = readFileSync('/proc/self/maps', 'utf8');
  return new Set([...maps.matchAll(/ (\/\S*\.so(?:\.[\d.]+)?)$/gm)].map(([, path = '']) => path));
}

/** Did the step make it, or a folder that it is in? */
function isMade(path: string, made: ReadonlySet<string>): boolean {
  for (let one = path; one !== dirname(one); one = dirname(one)) if (made.has(one)) return true;
  return false;
}

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(place.endsWith(sep) ? place : `${place}${sep}`);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

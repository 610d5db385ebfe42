// The toolchain made, found made, and put back, beside QEMU built as people build it: `make`, and ccache that is warm.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { findTool, installPackages, installPrivilege, packageRoot } from '../src/host/index.ts';
import { machine, median, ratio, table, time, type Contender, type Timing } from './measure.ts';

/** What QEMU's own build wants on the host; the toolchain is built in its buildroot. */
const peers = {
  programs: {
    ccache: 'ccache',
    ninja: 'ninja-build',
    meson: 'meson',
    'pkg-config': 'pkg-config',
    gcc: 'gcc',
    make: 'make',
  },
  libraries: {
    'glib-2.0': 'libglib2.0-dev',
    'pixman-1': 'libpixman-1-dev',
    slirp: 'libslirp-dev',
    libpng: 'libpng-dev',
    zlib: 'zlib1g-dev',
  },
  headers: { 'libfdt.h': 'libfdt-dev', 'bzlib.h': 'libbz2-dev' },
};
const rounds = Number(process.argv[2] ?? 1);
const jobs = availableParallelism();
const work = mkdtempSync(join(tmpdir(), 'cidermill-bench-'));

try {
  await installPeers();
  const store = join(work, 'store');
  const fetched = join(work, 'fetched');
  const cwd = folder('project');
  const cidermill = (...args: readonly string[]): readonly string[] => [
    process.execPath,
    join(packageRoot, 'bin/cidermill.mjs'),
    ...args,
  ];
  const env = { CIDERMILL_STORE: store };
  const steps = JSON.parse(
    execFileSync(process.execPath, cidermill('fetch', 'toolchain', '--json').slice(1), {
      cwd,
      env: { ...process.env, CIDERMILL_STORE: fetched },
      encoding: 'utf8',
    }),
  ) as Fetched;
  const product = join(cwd, 'artifacts');
  const run = { command: cidermill('run', 'toolchain', '--offline'), cwd, env };
  const tree = unpackQemu(steps, fetched);
  const contenders: (Contender & { readonly prepare: () => void })[] = [
    {
      name: 'cidermill, cold',
      ...run,
      prepare: () => {
        rmSync(store, { recursive: true, force: true });
        rmSync(product, { recursive: true, force: true });
        // Sources and packages are there: what is measured is work, not a network.
        cpSync(fetched, store, { recursive: true });
      },
    },
    { name: 'cidermill, nothing to do', ...run, prepare: () => undefined },
    {
      name: 'cidermill, product put back',
      ...run,
      prepare: () => rmSync(product, { recursive: true, force: true }),
    },
    {
      name: 'QEMU alone, make',
      command: ['bash', '-c', build(tree, '')],
      cwd: folder('make'),
      prepare: () => rmSync(join(work, 'make/build'), { recursive: true, force: true }),
    },
    {
      name: 'QEMU alone, make with a warm ccache',
      command: ['bash', '-c', build(tree, 'ccache ')],
      cwd: folder('ccache'),
      env: { CCACHE_DIR: join(work, 'cc') },
      prepare: () => rmSync(join(work, 'ccache/build'), { recursive: true, force: true }),
    },
  ];
  const warm = contenders.at(-1);
  if (warm !== undefined) time(warm);
  const timings = new Map<string, Timing[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      contender.prepare();
      timings.get(contender.name)?.push(time(contender));
    }
  }
  report(timings);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function report(timings: ReadonlyMap<string, readonly Timing[]>): void {
  const of = (name: string): readonly Timing[] => timings.get(name) ?? [];
  const back = of('cidermill, product put back');
  const rows = [...timings].map(([name, list]) => [
    name,
    median(list.map(({ cpu }) => cpu)).toFixed(2),
    median(list.map(({ wall }) => wall)).toFixed(2),
    ratio(list, back, 'wall').toFixed(2),
  ]);
  console.log(`the toolchain, ${rounds} rounds, ${jobs} jobs; ${machine()}\n`);
  console.log(table(['what', 'CPU s', 'wall s', 'wall, as a multiple of putting it back'], rows));
}

type Fetched = readonly { readonly files: readonly { readonly file: string; readonly sha256: string }[] }[];

/** QEMU's sources as the recipe has them, unpacked. */
function unpackQemu(steps: Fetched, store: string): string {
  const archive = steps.flatMap(({ files }) => files).find(({ file }) => /\/qemu_[^/]*orig\.tar/.test(file));
  if (archive === undefined) throw new Error('the toolchain has no source archive of QEMU');
  const tree = folder('qemu');
  const blob = join(store, 'v1/cas', archive.sha256.slice(0, 2), archive.sha256);
  execFileSync('tar', ['-xf', blob, '-C', tree, '--strip-components=1']);
  // Debian's tarball has no firmware; where bzip2 is installed, QEMU's build wants some to be there. It stays packed.
  const blobs = readFileSync(join(tree, 'pc-bios/meson.build'), 'utf8').matchAll(/'(edk2-[^']+\.fd)'/g);
  for (const [, name = ''] of blobs) writeFileSync(join(tree, 'pc-bios', `${name}.bz2`), '');
  return tree;
}

/** The same options and targets as the recipe's, as a person would type them. */
function build(tree: string, launcher: string): string {
  const recipe = parse(readFileSync(join(packageRoot, 'recipes/qemu-programs.yaml'), 'utf8')) as {
    parameters: { configure: { default: readonly string[] } };
  };
  const devices = relative(
    join(tree, 'configs/devices/x86_64-softmmu'),
    join(packageRoot, 'recipes/qemu/devices'),
  );
  const options = [
    `--cc=${launcher}gcc`,
    `--with-devices-x86_64=${devices}`,
    ...recipe.parameters.configure.default,
  ];
  const configure = [join(tree, 'configure'), ...options].map((word) => `'${word}'`).join(' ');
  return `set -e; mkdir build; cd build; ${configure}; make -j${jobs} qemu-system-x86_64 qemu-img`;
}

async function installPeers(): Promise<void> {
  const has = (library: string): boolean => {
    try {
      execFileSync('pkg-config', ['--exists', library]);
      return true;
    } catch {
      return false;
    }
  };
  const { programs, libraries, headers } = peers;
  const missing = [
    ...Object.entries(programs).flatMap(([tool, name]) => (findTool(tool) === undefined ? [name] : [])),
    ...Object.entries(libraries).flatMap(([library, name]) => (has(library) ? [] : [name])),
    ...Object.entries(headers).flatMap(([header, name]) =>
      existsSync(`/usr/include/${header}`) ? [] : [name],
    ),
  ];
  if (missing.length > 0) await installPackages(missing, installPrivilege(process.stdin.isTTY));
}

function folder(name: string): string {
  const path = join(work, name);
  mkdirSync(path, { recursive: true });
  return path;
}

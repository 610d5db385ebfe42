// A product's packs sent into an empty repository of Debian's docker-registry on loopback, beside `skopeo copy` of the same
// manifest; and their compression beside the zstd program: node --import tsx bench/registry.ts [MEBIBYTES [ROUNDS]]
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import esbuild from 'esbuild';
import type { ByteSource } from '../src/base/index.ts';
import { packageRoot } from '../src/host/index.ts';
import { cached } from '../test/rig/judges/cache.ts';
import { contentDisk } from './inputs/disk-content.ts';
import { machine, median, peakMemory, ratio, table, timeInTurn, type Contender } from './measure.ts';

const [mebibytes = 256, rounds = 5] = process.argv.slice(2).map(Number);
const work = mkdtempSync(join(tmpdir(), 'cidermill-bench-'));
// Where its packages are found.
const bundles = join(packageRoot, 'node_modules', `.bench-${process.pid}`);
const server = createServer().listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const { port } = server.address() as AddressInfo;
await new Promise((resolve) => server.close(resolve));
const host = `127.0.0.1:${port}`;
writeFileSync(
  join(work, 'config.yml'),
  `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${join(work, 'data')} } }
http: { addr: "${host}", secret: bench }
`,
);
const registry = spawn(
  cached('docker-registry/usr/bin/docker-registry'),
  ['serve', join(work, 'config.yml')],
  {
    stdio: 'ignore',
  },
);

try {
  while ((await fetch(`http://${host}/v2/`).catch(() => undefined)) === undefined) await wait(50);
  const disk = join(work, 'mac/disk.img');
  mkdirSync(join(work, 'mac'));
  await writeDisk(contentDisk(mebibytes << 20, mebibytes << 20), disk);
  writeFileSync(join(work, 'cidermill.yaml'), `registry: { private: ["${host}"] }\n`);
  const push: Contender = {
    name: 'push',
    command: [
      process.execPath,
      join(packageRoot, 'bin/cidermill.mjs'),
      'push',
      'mac',
      `${host}/mac:1`,
      '--contains-apple-software',
    ],
    cwd: work,
    env: { CIDERMILL_STORE: join(work, 'store') },
  };
  const memory = await peakMemory(push);
  const layout = join(work, 'layout');
  execFileSync('skopeo', [
    '--insecure-policy',
    'copy',
    '--src-tls-verify=false',
    `docker://${host}/mac:1`,
    `oci:${layout}:1`,
  ]);
  // Root's skopeo remembers blobs for all of the system: it is given a memory of its own, which is empty.
  const forgetful =
    process.getuid?.() === 0
      ? ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /var/lib/containers && exec "$@"', 'sh']
      : [];
  // As a bundle, as the command line is: loading sources one by one takes longer than the work.
  await esbuild.build({
    absWorkingDir: packageRoot,
    entryPoints: ['bench/registry-send.ts', 'bench/registry-compress.ts'],
    outdir: bundles,
    bundle: true,
    splitting: true,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    target: 'node20',
    conditions: ['cidermill-source'],
    external: ['@toondepauw/node-zstd', '@cyclonedx/cyclonedx-library', 'esbuild', 'tsx'],
    banner: {
      js: "import { createRequire as _cr } from 'node:module';\nconst require = _cr(import.meta.url);",
    },
  });
  let count = 0;
  // Each goes into a repository of its own, and skopeo forgets what it knows of others.
  const fresh = (name: string, commandOf: (target: string) => string[]): Contender => {
    const contender = {
      name,
      command: [] as string[],
      cwd: packageRoot,
      env: { HOME: work },
      before: (): void => undefined,
    };
    contender.before = () => {
      count += 1;
      rmSync(join(work, '.local'), { recursive: true, force: true });
      contender.command = commandOf(`${host}/bench-${count}`);
    };
    return contender;
  };
  const own = fresh('cidermill', (target) => [
    process.execPath,
    join(bundles, 'registry-send.mjs'),
    layout,
    target,
  ]);
  const skopeo = fresh('skopeo copy', (target) => [
    ...forgetful,
    ...['skopeo', '--insecure-policy', 'copy', '--dest-tls-verify=false'],
    ...[`oci:${layout}:1`, `docker://${target}:1`],
  ]);
  const sent = timeInTurn([own, skopeo], rounds);
  const frames: Contender = {
    name: 'cidermill',
    command: [process.execPath, join(bundles, 'registry-compress.mjs'), disk],
    cwd: packageRoot,
  };
  const zstd: Contender = { name: 'zstd -3 -T0', command: ['zstd', '-q', '-3', '-T0', '-c', disk] };
  const packed = timeInTurn([frames, zstd], rounds);
  const row = (what: string, timings: typeof sent, name: string, peer: string): string[] => {
    const [mine, theirs] = [timings.get(name) ?? [], timings.get(peer) ?? []];
    return [
      what,
      name,
      median(mine.map(({ wall }) => wall)).toFixed(2),
      median(mine.map(({ cpu }) => cpu)).toFixed(2),
      ratio(mine, theirs, 'wall').toFixed(2),
    ];
  };
  console.log(
    `a disk of ${mebibytes} MiB, ${rounds} rounds; ${machine()}; memory of a push: ${Math.round(memory / 2 ** 20)} MiB\n`,
  );
  console.log(
    table(
      ['what', 'program', 'wall s', 'CPU s', 'times the peer’s wall'],
      [
        row('transport', sent, 'cidermill', 'skopeo copy'),
        row('transport', sent, 'skopeo copy', 'skopeo copy'),
        row('compression', packed, 'cidermill', 'zstd -3 -T0'),
        row('compression', packed, 'zstd -3 -T0', 'zstd -3 -T0'),
      ],
    ),
  );
} finally {
  registry.kill();
  for (const folder of [work, bundles]) rmSync(folder, { recursive: true, force: true });
}

async function writeDisk(disk: ByteSource, path: string): Promise<void> {
  const file = await open(path, 'wx');
  for (let at = 0; at < disk.size; at += 1 << 20)
    await file.write(await disk.read(at, Math.min(1 << 20, disk.size - at)));
  await file.close();
}

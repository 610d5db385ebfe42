// Disk images of real files to raw disks, a fresh one and over one that is there, beside dmg2img, 7-Zip and qemu-img.
import { rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/host/index.ts';
import { dmgKinds, type DmgKind } from './inputs/dmg-inputs.ts';
import { inflateSpeed, zlibChunks } from './bound/inflate-speed.ts';
import {
  fill,
  machine,
  median,
  peakMemory,
  ratio,
  table,
  time,
  warmMemory,
  type Contender,
  type Timing,
} from './measure.ts';
import { realInput } from './inputs/real-inputs.ts';

/** Inputs take minutes to make, and are kept here. */
const folder = process.env['CIDERMILL_BENCH'] ?? join(tmpdir(), 'cidermill-bench-inputs');
/** Of the volumes, in MiB: 85 % of each are files. */
const sizes: Readonly<Record<DmgKind, number>> = { zlib: 1408, lzfse: 704, bzip2: 256, lzma: 352 };
/** What reads a kind rightly. */
const peers: Readonly<Record<DmgKind, readonly string[]>> = {
  zlib: ['dmg2img', '7zz', 'qemu-img'],
  bzip2: ['dmg2img', '7zz'],
  lzma: ['7zz'],
  lzfse: ['7zz'],
};
const chunkSizes = [2 ** 18, 2 ** 20];

const wanted = (process.argv[2]?.split(',') ?? dmgKinds) as DmgKind[];
const rounds = Number(process.argv[3] ?? 7);
const chunks = process.argv[4]?.split(',').map((each) => Number(each) * 1024) ?? chunkSizes;
// As an installed package: a checkout's own start looks at all of its sources first.
const launch = [process.execPath, join(packageRoot, 'dist/cidermill.js')];
const output = join(folder, 'out');

console.log(`${rounds} rounds; ${machine()}\n`);
const [rows, bounds]: [string[][], string[]] = [[], []];
for (const kind of wanted) for (const chunkSize of chunks) await measure(kind, chunkSize);
console.log(
  table(['chunks, volume (image)', 'program', 'wall s', 'CPU s', 'peak MiB', 'times our wall'], rows),
);
console.log(`\n${bounds.join('\n')}`);

async function measure(kind: DmgKind, chunkSize: number): Promise<void> {
  const size = sizes[kind] * 2 ** 20;
  const input = await realInput(folder, { kind, chunkSize, size });
  const contenders = contendersFor(kind, input, size);
  const timings = new Map<string, Timing[]>(contenders.map(({ name }) => [name, []]));
  const speeds = { one: [] as number[], two: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    for (const contender of contenders) {
      const timing = time(contender);
      if (round > 0) timings.get(contender.name)?.push(timing);
    }
    if (kind !== 'zlib') continue;
    speeds.one.push(await inflateSpeed(input, 1));
    speeds.two.push(await inflateSpeed(input, 2));
  }
  const of = (name: string): Timing[] => timings.get(name) ?? [];
  const wall = (name: string): number => median(of(name).map((timing) => timing.wall));
  for (const contender of contenders) {
    const { name } = contender;
    rows.push([
      `${kind}, ${chunkSize / 1024} KiB, ${sizes[kind]} MiB (${Math.round(statSync(input).size / 2 ** 20)} MiB)`,
      name,
      wall(name).toFixed(2),
      median(of(name).map(({ cpu }) => cpu)).toFixed(2),
      String(Math.round((await peakMemory(contender)) / 2 ** 20)),
      ratio(of(name), of('cidermill'), 'wall').toFixed(2),
    ]);
  }
  rmSync(output, { recursive: true, force: true });
  if (kind !== 'zlib') return;
  const data = (await zlibChunks(input)).reduce((sum, chunk) => sum + chunk.size, 0);
  const [one, two] = [median(speeds.one), median(speeds.two)];
  const bound = (speed: number): string =>
    (1.15 * (wall('cidermill --version') + data / 2 / speed)).toFixed(2);
  const perSecond = (speed: number): string => `${Math.round(speed / 1e6)} MB/s`;
  bounds.push(
    `${kind}, ${chunkSize / 1024} KiB: ${data} bytes in zlib chunks, inflate in one thread ${perSecond(one)}, in each of two ` +
      `${perSecond(two)}; 1.15 × (start + data / 2 / inflate) = ${bound(one)} s by the first, ${bound(two)} s by the second; ` +
      `cidermill ${wall('cidermill').toFixed(2)} s`,
  );
}

function contendersFor(kind: DmgKind, input: string, size: number): Contender[] {
  const fresh = (): void => rmSync(output, { recursive: true, force: true });
  // As a fresh output's memory is.
  const presentFile = (): void => {
    fresh();
    fill(output, size);
    warmMemory(folder, size);
  };
  const convert = [...launch, 'dmg', 'convert', input, output];
  const others: Readonly<Record<string, readonly string[]>> = {
    dmg2img: ['dmg2img', '-s', input, output],
    '7zz': ['7zz', 'x', '-tdmg', '-y', `-o${output}`, input],
    'qemu-img': ['qemu-img', 'convert', '-f', 'dmg', '-O', 'raw', input, output],
  };
  return [
    { name: 'cidermill', command: convert, before: fresh },
    // As large as what takes its place, and all of it allocated.
    { name: 'cidermill, over a file', command: convert, before: presentFile },
    { name: 'rm of that file', command: ['rm', output], before: presentFile },
    ...peers[kind].map((name) => ({ name, command: others[name] ?? [], before: fresh })),
    { name: 'cidermill dmg verify', command: [...launch, 'dmg', 'verify', input] },
    { name: 'cidermill --version', command: [...launch, '--version'] },
  ];
}

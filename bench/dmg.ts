// Disk images of every kind of chunk to raw disks, beside 7-Zip and dmg2img.
import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/host/index.ts';
import { dmgInput, type DmgKind } from './inputs/dmg-inputs.ts';
import { machine, median, peakMemory, ratio, table, timeInTurn, type Contender } from './measure.ts';

/** Inputs take minutes to make, and are kept here: two thirds of a disk are used, which are made of 1 GiB and of 512 MiB. */
const folder = process.env['CIDERMILL_BENCH'] ?? join(tmpdir(), 'cidermill-bench-inputs');
const sizes: Readonly<Record<DmgKind, number>> = { zlib: 1536, lzfse: 1536, bzip2: 768, lzma: 768 };
/** What it gets wrong without saying so is no contender: LZMA and LZFSE. */
const byDmg2img: readonly DmgKind[] = ['zlib', 'bzip2'];

const wanted = (process.argv[2]?.split(',') ?? Object.keys(sizes)) as DmgKind[];
const rounds = Number(process.argv[3] ?? 5);
const scale = Number(process.argv[4] ?? 1);

console.log(`${rounds} rounds; ${machine()}; ${versionOf('7zz')}, ${versionOf('dmg2img')}\n`);
const rows: string[][] = [];
for (const kind of wanted) {
  const input = await dmgInput(folder, kind, Math.ceil(sizes[kind] * scale));
  const contenders = contendersFor(kind, input);
  const timings = timeInTurn(contenders, rounds);
  const of = (name: string) => timings.get(name) ?? [];
  for (const contender of contenders) {
    rows.push([
      `${kind}, ${sizes[kind] * scale} MiB (${Math.round(statSync(input).size / 2 ** 20)} MiB)`,
      contender.name,
      median(of(contender.name).map(({ wall }) => wall)).toFixed(2),
      median(of(contender.name).map(({ cpu }) => cpu)).toFixed(2),
      String(Math.round((await peakMemory(contender)) / 2 ** 20)),
      ratio(of(contender.name), of('cidermill'), 'wall').toFixed(2),
    ]);
  }
  for (const { before } of contenders) before?.();
}
console.log(
  table(['chunks, disk (image)', 'program', 'wall s', 'CPU s', 'peak MiB', 'times our wall'], rows),
);

function contendersFor(kind: DmgKind, input: string): Contender[] {
  const output = join(folder, 'out');
  const before = (): void => rmSync(output, { recursive: true, force: true });
  const launch = join(packageRoot, 'bin/cidermill.mjs');
  return [
    { name: 'cidermill', command: [process.execPath, launch, 'dmg', 'convert', input, output], before },
    { name: '7zz', command: ['7zz', 'x', '-tdmg', '-y', `-o${output}`, input], before },
    ...(byDmg2img.includes(kind)
      ? [{ name: 'dmg2img', command: ['dmg2img', '-s', input, output], before }]
      : []),
  ];
}

function versionOf(program: string): string {
  const { stdout, stderr } = spawnSync(program, { encoding: 'utf8' });
  return `${program} ${/v?(\d+\.\d+(\.\d+)?)/.exec(stdout + stderr)?.[1] ?? '?'}`;
}

// 20,000 small files put into an HFS+ volume that has 15,000, beside cp -r of the same files and a disk's own speed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/host/index.ts';
import { machine, median, ratio, table, timeInTurn, type Contender } from './measure.ts';

const files = 20_000;
const fileSize = 4096;
const rounds = 5;
const work = mkdtempSync(join(tmpdir(), 'cidermill-bench-'));
const cidermill = [process.execPath, join(packageRoot, 'bin/cidermill.mjs')];

try {
  const tree = makeTree('tree', files);
  makeTree('present', 15_000);
  run([...cidermill, 'hfs', 'new', 'volume.img', 'present', '--name', 'Bench'], work);
  const contenders: Contender[] = [
    shell('cidermill hfs add', `cp volume.img added.img && "$@" hfs add added.img:/ tree`),
    shell('cp -r', `rm -rf copy && cp -r tree copy`),
  ];
  for (const { command } of contenders) run(command, work);
  const timings = timeInTurn(contenders, rounds);
  const of = (name: string) => timings.get(name) ?? [];
  const rows = contenders.map(({ name }) => [
    name,
    median(of(name).map(({ cpu }) => cpu)).toFixed(2),
    median(of(name).map(({ wall }) => wall)).toFixed(2),
    ratio(of(name), of('cidermill hfs add'), 'wall').toFixed(2),
  ]);
  console.log(`${files} files of ${fileSize} bytes (${tree}), ${rounds} rounds; ${machine()}\n`);
  console.log(table(['program', 'CPU s', 'wall s', "wall, as a multiple of cidermill's"], rows));
} finally {
  rmSync(work, { recursive: true, force: true });
}

function shell(name: string, script: string): Contender {
  return { name, command: ['bash', '-ec', script, 'bash', ...cidermill], cwd: work };
}

function run([program = '', ...args]: readonly string[], cwd: string): void {
  execFileSync(program, args, { cwd, stdio: 'ignore' });
}

/** Files in folders of 500. @returns how many folders */
function makeTree(name: string, count: number): string {
  for (let index = 0; index < count; index++) {
    const folder = join(work, name, String(Math.floor(index / 500)));
    if (index % 500 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file ${index}`), Buffer.alloc(fileSize, index));
  }
  return `${Math.ceil(count / 500)} folders`;
}

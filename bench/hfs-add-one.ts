// One file put into an empty volume of 1, 8, 64 GiB and 3 TiB, beside cp of the image and a read of its allocation file.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openVolume } from '../src/formats/hfsplus/index.ts';
import { packageRoot } from '../src/host/index.ts';
import { openImage } from '../src/image/open/open-image.ts';
import { machine, median, ratio, table, timeInTurn, type Contender } from './measure.ts';

const rounds = Number(process.argv[2] ?? 7);
const sizes = process.argv[3]?.split(',') ?? ['1G', '8G', '64G', '3T'];
const launch = [process.execPath, join(packageRoot, 'bin/cidermill.mjs')];
const rows: string[][] = [];
for (const size of sizes) rows.push(await measure(size));
console.log(`${rounds} rounds; ${machine()}\n`);
console.log(
  table(
    [
      'volume',
      'hfs add, CPU s',
      '--version, CPU s',
      'beyond it',
      'cp and the allocation file',
      'add, as a multiple',
    ],
    rows,
  ),
);

async function measure(size: string): Promise<string[]> {
  const work = mkdtempSync(join(tmpdir(), 'cidermill-bench-'));
  const [image, file] = [join(work, 'volume.img'), join(work, 'file')];
  try {
    const [program, ...args] = [...launch, 'hfs', 'new', image, '--size', size];
    execFileSync(program, args, { stdio: 'ignore' });
    writeFileSync(file, 'one file\n');
    const contenders: Contender[] = [
      { name: 'add', command: [...launch, 'hfs', 'add', '--replace', `${image}:/`, file] },
      { name: 'start', command: [...launch, '--version'] },
      { name: 'cp', command: ['sh', '-c', await copyAndRead(image, join(work, 'copy.img'))] },
    ];
    const timings = timeInTurn(contenders, rounds);
    const of = (name: string) => timings.get(name) ?? [];
    const cpu = (name: string): number => median(of(name).map((timing) => timing.cpu));
    const figures = [cpu('add'), cpu('start'), cpu('add') - cpu('start'), cpu('cp')];
    return [size, ...figures.map((each) => each.toFixed(3)), ratio(of('add'), of('cp'), 'cpu').toFixed(0)];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What a program must do that changes nothing: the copy, and one read of the bitmap. */
async function copyAndRead(image: string, copy: string): Promise<string> {
  const opened = await openImage(image);
  try {
    const { header } = await openVolume(opened.disk);
    const { extents } = header.allocationFile;
    const reads = extents
      .filter(({ blockCount }) => blockCount > 0)
      .map(({ startBlock, blockCount }) => {
        const [skip, count] = [startBlock * header.blockSize, blockCount * header.blockSize];
        return `dd if='${image}' bs=1M iflag=skip_bytes,count_bytes skip=${skip} count=${count} of=/dev/null`;
      });
    return [`rm -f '${copy}'`, `cp --sparse=auto '${image}' '${copy}'`, ...reads].join(' && ');
  } finally {
    await opened.close();
  }
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { makeApm } from '../../src/formats/apm/index.ts';
import { makeChunklist } from '../../src/formats/chunklist/index.ts';
import { writeCpio } from '../../src/formats/cpio/index.ts';
import { gptTypes, makeGpt } from '../../src/formats/gpt/index.ts';
import { newVolume, openFork, openVolume } from '../../src/formats/hfsplus/index.ts';
import { openAttribute } from '../../src/formats/hfsplus/open-volume.ts';
import { writePbzx } from '../../src/formats/pbzx/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { streamOf } from '../../src/formats/stream/index.ts';
import { writeXar } from '../../src/formats/xar/index.ts';
import { findHfsPlus, openDisk } from '../../src/image/index.ts';
import { buildSamples } from '../link/samples.ts';
import { fixture, has } from '../rig/fixtures.ts';
import { compressedVolume } from '../rig/images/compressed-volume.ts';
import { journaledVolume } from '../rig/images/journaled-volume.ts';
import { encodeLzfse } from '../rig/images/lzfse-encoder.ts';
import { writeSparse } from '../rig/images/sparse-writer.ts';
import { encodeAdc } from '../rig/images/udif-writer.ts';
import { memoryTarget } from '../rig/memory-target.ts';
import { containerSeeds } from './container-seeds.ts';
import { projectSeeds } from './project-seeds.ts';
import { Random } from './random.ts';
import { journalAt, sizes, type TargetName } from './targets.ts';

/** Sound bytes, and the readers they are for. */
export interface Seed {
  readonly name: string;
  readonly bytes: Buffer;
  readonly targets: readonly TargetName[];
}

const forVolumes = ['volume', 'check', 'extraction', 'edit'] as const;

/** What we make ourselves, and other people's files that are at hand. */
export async function readSeeds(): Promise<Seed[]> {
  return [...(await ours()), ...projectSeeds(), ...(await theirs())];
}

async function theirs(): Promise<Seed[]> {
  const seeds: Seed[] = [];
  const add = async (
    name: string,
    make: (bytes: Buffer) => Seed | readonly Seed[] | Promise<Seed | readonly Seed[]>,
  ) => {
    if (has(name)) seeds.push(...[await make(readFileSync(fixture(name)))].flat());
  };
  for (const kind of ['adc', 'bzip2', 'lzfse', 'lzma', 'zlib', 'ro'])
    await add(`dmgwiz/input_${kind}.dmg`, (bytes) => ({ name: `${kind} image`, bytes, targets: ['disk'] }));
  for (const name of disks) await add(name, (bytes) => ({ name, bytes, targets: ['disk'] }));
  for (const name of volumes) await add(name, (bytes) => volumeIn(name, bytes));
  for (const name of ['goxar/valid.pkg', 'relic/dummy.pkg', 'brew/container.pkg'])
    await add(name, (bytes) => ({ name, bytes, targets: ['xar', 'package'] }));
  for (const kind of ['bin', 'crc', 'newc', 'odc'])
    await add(`dfvfs/syslog.${kind}.cpio`, (bytes) => ({
      name: `${kind} archive`,
      bytes,
      targets: ['cpio'],
    }));
  for (const name of ['html', 'vx1'])
    await add(`lzfse_rust/${name}.lzfse`, (bytes) => ({ name, bytes, targets: ['lzfse'] }));
  await add('hfsplus-rs/hfsp-small.img.xz', () => ({
    name: 'hfsp-small',
    bytes: execFileSync('xz', ['-dc', fixture('hfsplus-rs/hfsp-small.img.xz')], { maxBuffer: 2 ** 26 }),
    targets: forVolumes,
  }));
  await add('relic/dummy.dmg', (bytes) => {
    const plist = bytes.subarray(bytes.indexOf('<?xml'), bytes.length - 512);
    return [{ name: 'plist', bytes: plist, targets: ['plist'] }, ...blockTables(plist)];
  });
  await add('relic/dummy.pkg', (bytes) => ({
    name: 'contents',
    bytes: contentsOf(bytes),
    targets: ['contents'],
  }));
  await add('hfsinspect/hfsj.bin.7z', () => {
    const dirty = execFileSync('7zz', ['x', '-so', fixture('hfsinspect/hfsj.bin.7z')], {
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    // Its description of 4096 bytes, and itself of 512 KiB.
    const bytes = Buffer.from(dirty.subarray(journalAt, journalAt + 4096 + 2 ** 19));
    return { name: 'journal', bytes, targets: ['journal'] };
  });
  await add('kaitokit/hfs-decmpfs.dmg', compressedFiles);
  return seeds;
}

const disks = [
  ...['dfvfs/hfsplus_zlib.dmg', 'dfvfs/hfsplus.sparseimage', 'brew/container.dmg', 'relic/dummy.dmg'],
  'kaitokit/hfs-decmpfs.dmg',
];
const volumes = [
  ...['dfvfs/hfsplus_zlib.dmg', 'kaitokit/hfs-decmpfs.dmg', 'brew/container.dmg', 'relic/dummy.dmg'],
];

/** The volume in an image. Those of small images are mostly empty: what is behind their last file is left as it is. */
async function volumeIn(name: string, bytes: Buffer): Promise<Seed> {
  const { disk } = await openDisk(memorySource(bytes));
  const { volume } = await findHfsPlus(disk);
  return {
    name: `${name}:volume`,
    bytes: Buffer.from(await volume.read(0, volume.size)),
    // One with compressed files of unknown types is not extracted.
    targets: name.includes('decmpfs') ? forVolumes.filter((each) => each !== 'extraction') : forVolumes,
  };
}

function blockTables(plist: Buffer): Seed[] {
  const tables = [...plist.toString('latin1').matchAll(/<data>([^<]*)<\/data>/g)].map(([, text = '']) =>
    Buffer.from(text, 'base64'),
  );
  // The largest is that of the volume.
  const [table = Buffer.alloc(0)] = tables
    .filter((each) => each.toString('latin1', 0, 4) === 'mish')
    .sort((a, b) => b.length - a.length);
  return [{ name: 'block table', bytes: table, targets: ['blocks'] }];
}

/** The table of contents of an archive, as XML. */
function contentsOf(archive: Buffer): Buffer {
  const head = archive.readUInt16BE(4);
  return inflateSync(archive.subarray(head, head + Number(archive.readBigUInt64BE(8))));
}

/** Attributes with what they are of behind them. */
async function compressedFiles(image: Buffer): Promise<Seed[]> {
  const { disk } = await openDisk(memorySource(image));
  const volume = await openVolume((await findHfsPlus(disk)).volume);
  const seeds: Seed[] = [];
  for (const entry of volume.catalog.entries.values()) {
    const attribute = volume.attributes.get(entry.id)?.get('com.apple.decmpfs');
    if (entry.kind !== 'file' || attribute === undefined) continue;
    const parts = [openAttribute(volume, attribute), openFork(volume, entry, 'resource')];
    const [head, fork] = await Promise.all(parts.map((part) => part.read(0, part.size)));
    const length = Buffer.alloc(2);
    length.writeUInt16BE(head?.length ?? 0);
    const bytes = Buffer.concat([length, head ?? '', fork ?? ''] as Buffer[]);
    // The types that nobody knows are refused at once.
    if ([5, 13].includes(bytes.readUInt32LE(6))) continue;
    seeds.push({ name: `compressed ${entry.name}`, bytes, targets: ['compressed'] });
  }
  return seeds;
}

async function ours(): Promise<Seed[]> {
  const words = Buffer.from('some words, and some more of them; '.repeat(2000));
  const prose = someProse(sizes.prose);
  const run = (program: string, ...options: string[]): Buffer =>
    execFileSync(program, ['-c', ...options], { input: prose });
  const entries = [
    { path: './a', kind: 'folder', mode: 0o755 },
    { path: './a/file', kind: 'file', mode: 0o644, content: words },
    { path: './a/link', kind: 'link', mode: 0o755, content: Buffer.from('file') },
  ] as const;
  const payload = await gather(writeCpio(entries, 'odc'));
  const pbzx = await gather(writePbzx(streamOf(memorySource(payload))));
  const volume = await madeVolume();
  const apm = await apmDisk(volume);
  const list = await makeChunklist(memorySource(words), { chunkSize: 4096 });
  return [
    { name: 'new volume', bytes: volume, targets: forVolumes },
    { name: 'APM disk', bytes: apm, targets: ['disk', 'map', 'growth'] },
    { name: 'GPT disk', bytes: gptDisk(volume), targets: ['disk', 'map', 'growth'] },
    { name: 'LZFSE', bytes: encodeLzfse(words), targets: ['lzfse'] },
    {
      name: 'sparse image',
      bytes: writeSparse(Buffer.concat([volume, volume]).subarray(0, 8 * 2 ** 17), [3, 0, 5], 256),
      targets: ['disk'],
    },
    { name: 'ADC chunk', bytes: encodeAdc(words), targets: ['adc'] },
    { name: 'bzip2', bytes: run('bzip2'), targets: ['bzip2'] },
    { name: 'xz', bytes: run('xz', '--check=none'), targets: ['xz'] },
    { name: 'pbzx', bytes: pbzx, targets: ['pbzx'] },
    {
      name: 'package',
      bytes: Buffer.from(writeXar([{ path: 'Payload', data: pbzx }])),
      targets: ['xar', 'package'],
    },
    { name: 'chunklist', bytes: Buffer.from(list), targets: ['chunklist'] },
    ...(await journal()),
    ...(await compressedFiles(gptDisk(await compressedVolume()))),
    ...compiled(),
    ...containerSeeds(prose),
  ];
}

/** Words in no order: they compress, and a changed byte of what comes out is one of many. */
function someProse(length: number): Buffer {
  const random = new Random(1, 'prose', 'seeds', 0);
  const words = ['mill', 'apple', 'press', 'cider', 'orchard', 'of', 'the', 'a', '17', 'and\n'];
  let text = '';
  while (text.length < length) text += `${random.of(words)}${String(random.below(100))} `;
  return Buffer.from(text.slice(0, length));
}

/** Of a volume whose journal was left dirty: its description, and itself. */
async function journal(): Promise<Seed[]> {
  const volume = await journaledVolume('dirty');
  const { header } = await openVolume(memorySource(volume));
  const at = header.journalInfoBlock * header.blockSize;
  const description = volume.subarray(at, at + 4096);
  const place = Number(description.readBigUInt64BE(36));
  const bytes = Buffer.concat([description, volume.subarray(place, place + 2 ** 19)]);
  bytes.writeBigUInt64BE(BigInt(journalAt + 4096), 36);
  return [{ name: 'own journal', bytes, targets: ['journal'] }];
}

/** An object and an archive as clang and ar make them. */
function compiled(): Seed[] {
  const folder = mkdtempSync(join(tmpdir(), 'cidermill-fuzz-'));
  try {
    buildSamples(folder);
    return [
      { name: 'object', bytes: readFileSync(join(folder, 'kinds.o')), targets: ['object'] },
      { name: 'archive', bytes: readFileSync(join(folder, 'libparts.a')), targets: ['archive', 'anatomy'] },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function madeVolume(): Promise<Buffer> {
  const editor = newVolume({ name: 'fuzz', date: new Date(0), blockSize: 512 });
  const folder = editor.makeFolder(editor.root, 'folder');
  for (let index = 0; index < 60; index++)
    editor.putFile(folder, `file ${index}`, {
      data: memorySource(Buffer.alloc(index * 50, index)),
      attributes: new Map([['user.note', Buffer.from(`note ${index}`)]]),
    });
  editor.putSymlink(editor.root, 'link', 'folder/file 1');
  const file = editor.find('folder/file 9');
  if (file !== undefined) editor.putHardLink(editor.root, 'hard', file);
  const target = memoryTarget(Buffer.alloc(0));
  await editor.commit(target, { size: editor.sizeNeeded() });
  return Buffer.from(await target.read(0, target.size));
}

function gptDisk(volume: Buffer): Buffer {
  const id = '00000000-0000-4000-8000-000000000001';
  const partition = { type: gptTypes.hfs, id, name: 'fuzz', size: volume.length };
  const map = makeGpt({ disk: id, partitions: [partition] });
  const disk = Buffer.alloc(map.size);
  for (const patch of map.patches) disk.set(patch.bytes, patch.offset);
  disk.set(volume, map.partitions[0]?.offset);
  return disk;
}

async function apmDisk(volume: Buffer): Promise<Buffer> {
  const map = makeApm({
    partitions: [{ type: 'Apple_HFS', name: 'fuzz', size: volume.length }],
    driver: true,
  });
  const disk = memoryTarget(Buffer.alloc(map.size));
  for (const patch of map.patches) await disk.write(patch.offset, patch.bytes);
  await disk.write(map.partitions[0]?.offset ?? 0, volume);
  return Buffer.from(await disk.read(0, disk.size));
}

async function gather(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of bytes) parts.push(piece);
  return Buffer.concat(parts);
}

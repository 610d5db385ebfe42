import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { Failure, FormatError, type ByteSource } from '../../src/base/index.ts';
import { readArchive } from '../../src/formats/ar/index.ts';
import { readChunklist } from '../../src/formats/chunklist/index.ts';
import { readCpio } from '../../src/formats/cpio/index.ts';
import {
  checkVolume,
  childrenOf,
  editVolume,
  fieldsOf,
  isHfsPlus,
  linkTarget,
  openData,
  openFork,
  openVolume,
  volumeAttribute,
  type VolumeHeader,
} from '../../src/formats/hfsplus/index.ts';
import { decompressed } from '../../src/formats/hfsplus/compressed.ts';
import { readJournal } from '../../src/formats/hfsplus/journal.ts';
import { decodeLzfse } from '../../src/formats/lzfse/index.ts';
import { readObject } from '../../src/formats/macho/index.ts';
import { readPbzx } from '../../src/formats/pbzx/index.ts';
import { readQcow2 } from '../../src/formats/qcow2/index.ts';
import { readPlist } from '../../src/formats/plist/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { bunzip2, streamOf } from '../../src/formats/stream/index.ts';
import { decodeAdc } from '../../src/formats/udif/adc.ts';
import { readBlockTable } from '../../src/formats/udif/block-table.ts';
import { judgeSignature, readMember, readXar } from '../../src/formats/xar/index.ts';
import { xarHeader, xarSignature } from '../../src/formats/xar/header.ts';
import { decodeXz } from '../../src/formats/xz/index.ts';
import {
  openDisk,
  packageEntries,
  planGrowth,
  readPackage,
  readPartitionMap,
} from '../../src/image/index.ts';
import { planExtraction } from '../../src/image/extract/plan-volume.ts';
import { memoryTarget } from '../rig/memory-target.ts';
import { containerTargets } from './container-targets.ts';
import { drain, readSome, readSomeOf } from './drain.ts';
import { projectTargets } from './project-targets.ts';
import { sealXz } from './seal.ts';

/** What the seeds of compressed streams decode to, in bytes. */
export const sizes = { words: 70_000, alice: 4096, html: 102_400, prose: 8192 } as const;

/** Readers, each of which has to end with a result or with a FormatError or Failure. */
export const targets = {
  disk: async (bytes) => {
    const { disk } = await openDisk(memorySource(bytes));
    await readPartitionMap(disk);
    await readSome(disk);
  },
  map: async (bytes) => {
    await readPartitionMap(memorySource(bytes));
  },
  growth: async (bytes) => {
    const disk = memorySource(bytes);
    const map = await readPartitionMap(disk);
    const refusals: unknown[] = [];
    const partitions = map?.partitions.slice(0, 8) ?? [];
    for (const { offset, size } of partitions) {
      const growth = await planGrowth(disk, { offset }, size + 2 ** 16).catch((error: unknown) => {
        if (!(error instanceof FormatError) && !(error instanceof Failure)) throw error;
        refusals.push(error);
      });
      for (const patch of growth?.patches ?? []) {
        if (patch.offset + patch.bytes.length > (growth?.size ?? 0))
          throw new Error('a patch leaves the disk');
      }
    }
    // What another partition follows cannot grow.
    if (refusals.length === partitions.length && refusals.length > 0) throw refusals[0];
  },
  volume: async (bytes) => {
    const volume = await openVolume(memorySource(bytes));
    const open = [volume.catalog.root];
    const seen = new Set<number>();
    for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
      if (seen.has(folder.id)) throw new Error(`folder ${folder.id} is in itself`);
      seen.add(folder.id);
      for (const child of childrenOf(volume, folder)) {
        fieldsOf(child);
        if (child.kind === 'folder') open.push(child);
        else if (linkTarget(volume, child).kind === 'file') {
          // A file that cannot be read is no reason not to go on to the next.
          for (const opening of [
            () => openData(volume, child),
            () => openFork(volume, linkTarget(volume, child), 'resource'),
          ])
            await readSomeOf(opening);
        }
      }
    }
  },
  extraction: async (bytes) => {
    const volume = await openVolume(memorySource(bytes));
    await planExtraction(volume, volume.catalog.root, { appleDouble: true });
  },
  check: async (bytes) => {
    const source = memorySource(bytes);
    // Bad bytes are findings: only what is no volume at all is refused.
    const known = await isHfsPlus(source);
    await checkVolume(source).catch((error: unknown) => {
      throw known ? new Error('a volume is refused instead of checked', { cause: error }) : error;
    });
  },
  edit: async (bytes) => {
    const volume = await openVolume(memorySource(bytes));
    const editor = await editVolume(volume, { date: new Date(0) });
    editor.putFile(editor.makeFolder(editor.root, 'a new folder'), 'a new file', {
      data: memorySource(bytes.subarray(0, 9000)),
    });
    const first = childrenOf(volume, volume.catalog.root).find(
      ({ name }) => !name.includes('Private') && !name.startsWith('.journal'),
    );
    const old = first === undefined ? undefined : editor.find(first.name);
    if (old !== undefined) editor.remove(old);
    const target = memoryTarget(bytes);
    await editor.commit(target, { size: Math.max(editor.sizeNeeded(), bytes.length) });
  },
  xar: async (bytes) => {
    const source = memorySource(bytes);
    const xar = await readXar(source);
    await Promise.all(xar?.signatures.map(judgeSignature) ?? []);
    for (const member of xar?.members ?? []) await drain(readMember(source, member));
  },
  package: async (bytes) => {
    const pkg = await readPackage(memorySource(bytes));
    for (const member of pkg.archives)
      for await (const entry of packageEntries(pkg, member)) await drain(entry.content);
  },
  cpio: async (bytes) => {
    for await (const entry of readCpio(streamOf(memorySource(bytes)))) await drain(entry.content);
  },
  pbzx: (bytes) => drain(readPbzx(streamOf(memorySource(bytes)), 0)),
  bzip2: (bytes) => drain(bunzip2(streamOf(memorySource(bytes)), 0)),
  // Of streams the target has to know what they decode to; those of one length are of one seed.
  xz: async (bytes) => {
    await decodeXz(sealXz(bytes), sizes.prose);
  },
  lzfse: (bytes) => {
    decodeLzfse(bytes, bytes.length < 1500 ? sizes.words : bytes.length < 5000 ? sizes.alice : sizes.html);
  },
  adc: (bytes) => {
    decodeAdc(bytes, sizes.words);
  },
  /** A table of contents as it is decompressed, in an archive whose checksum is right. */
  contents: async (bytes) => {
    const toc = deflateSync(bytes);
    const tocLength = BigInt(toc.length);
    const header = xarHeader.encode({
      signature: xarSignature,
      headerSize: xarHeader.size,
      version: 1,
      checksum: 1,
      tocLength,
      tocSize: BigInt(bytes.length),
    });
    const checksum = createHash('sha1').update(toc).digest();
    const source = memorySource(Buffer.concat([header, toc, checksum, Buffer.alloc(16_384)]));
    // The members' own bytes are not here, so their checksums are wrong.
    for (const member of (await readXar(source))?.members ?? [])
      await drain(readMember(source, member)).catch((error: unknown) => {
        if (!(error instanceof FormatError)) throw error;
      });
  },
  /** A block table, of an image that has as many bytes as hdiutil's do. */
  blocks: (bytes) => {
    readBlockTable('fuzz', bytes, { dataForkOffset: 0, fileSize: 2 ** 20, at: 0 });
  },
  /** The length of a file's attribute for compressed data, two bytes; the attribute, and its resource fork. */
  compressed: async (bytes) => {
    const attribute = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
    const parts = [bytes.subarray(2, 2 + attribute), bytes.subarray(2 + attribute)].map(memorySource);
    await readSome(await decompressed(parts[0] as ByteSource, parts[1] as ByteSource, 0));
  },
  /** The block that describes a journal, and behind it the journal. */
  journal: async (bytes) => {
    const signed = Buffer.from(bytes);
    if (signed.length >= 4096 + 44) sign(signed.subarray(4096, 4096 + 44));
    await readJournal(journalVolume(signed), journalHeader);
  },
  ...containerTargets,
  ...projectTargets,
  /** The header of a qcow2 image. */
  qcow2: async (bytes) => {
    if ((await readQcow2(memorySource(bytes))) === undefined) throw new Failure('qcow2', 'it is none');
  },
  plist: (bytes) => {
    readPlist(bytes);
  },
  chunklist: async (bytes) => {
    await readChunklist(memorySource(bytes));
  },
  archive: async (bytes) => {
    await readArchive('fuzz.a', memorySource(bytes));
  },
  object: async (bytes) => {
    await readObject('fuzz.o', memorySource(bytes));
  },
} satisfies Record<string, (bytes: Buffer) => Promise<void> | void>;

/** Where the journal's description lies in its volume; the journal follows. */
export const journalAt = 8192;
const journalHeader = {
  attributes: volumeAttribute.journaled,
  journalInfoBlock: 2,
  blockSize: 4096,
} as VolumeHeader;

/** Gives a journal's header the checksum that it then has, so that more than that is looked at. */
function sign(header: Buffer): void {
  header.writeUInt32LE(0, 36);
  let sum = 0;
  for (const byte of header) sum = ((sum << 8) ^ (sum + byte)) | 0;
  header.writeUInt32LE(~sum >>> 0, 36);
}

function journalVolume(bytes: Buffer): ByteSource {
  const size = 2 ** 25;
  const whole = Buffer.concat([Buffer.alloc(journalAt), bytes]);
  return {
    size,
    read: (offset, length) => {
      const data = Buffer.alloc(length);
      if (offset < whole.length) whole.copy(data, 0, offset, offset + length);
      return Promise.resolve(data);
    },
  };
}

export type TargetName = keyof typeof targets;

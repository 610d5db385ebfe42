import type { ByteSource, ByteTarget } from '../base/index.ts';
import { checkChunks, readChunklist } from '../formats/chunklist/index.ts';
import { findEntry, openData, type ForkSource, type Placement } from '../formats/hfsplus/index.ts';
import { windowOf } from '../formats/source/index.ts';
import {
  byRename,
  checkFreeSpace,
  openTarget,
  refuseSameFile,
  scatter,
  scatterBytes,
  type DecodeOptions,
  type Move,
  type Scatter,
} from '../image/index.ts';
import type { Medium, OpenedImage } from './medium.ts';
import type { IsoPlan } from './plan.ts';

export interface MakeOptions {
  /** In bytes that are decoded. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
  readonly threads?: number | undefined;
}

/**
 * Makes the disc: the base system's disk is decoded into the new file, its volume grown once, and the medium decoded
 * once from beginning to end, every file's bytes written straight to their place. All checksums are verified.
 * The output appears by rename when all is written, or not at all; never in the installer's own place.
 */
export async function makeIso(
  { file, base, esd }: Medium,
  { size, growth, change }: IsoPlan,
  output: string,
  options: MakeOptions = {},
): Promise<void> {
  const baseBytes = scatterBytes(wholeOf(base));
  const total = baseBytes + (esd === undefined ? 0 : scatterBytes(wholeOf(esd)));
  let done = 0;
  const decode = {
    signal: options.signal,
    threads: options.threads,
    onDecoded: (bytes: number) => options.onProgress?.((done += bytes), total),
  };
  await refuseSameFile(file, output);
  await checkFreeSpace(output, Math.min(size, total));
  await byRename(output, async (partial) => {
    const target = await openTarget(partial, 'new');
    // Beside all of the rest: nothing has its name before it is known to be right.
    const ended = new AbortController();
    const chunks = checkBase(
      base,
      esd,
      AbortSignal.any([ended.signal, ...(options.signal ? [options.signal] : [])]),
    );
    try {
      await target.resize(size);
      await scatter(wholeOf(base), target.fd, decode);
      for (const { offset, bytes } of growth.patches) await target.write(offset, bytes);
      if (change !== undefined) {
        const volume = windowOf(target, base.offset, change.volumeSize);
        const grown = {
          offset: base.offset,
          before: base.size,
          target: volume,
          blockSize: base.volume.header.blockSize,
        };
        await change.edit.commit(volume, {
          size: change.volumeSize,
          copy: (placements) => copyFrom(esd, placements, grown, target.fd, decode),
        });
      }
      await chunks;
    } finally {
      ended.abort();
      await chunks.catch(() => undefined);
      await target.close();
    }
  });
}

/** Holds BaseSystem.dmg against its chunklist, where the medium has one. */
function checkBase(base: OpenedImage, esd: OpenedImage | undefined, signal: AbortSignal): Promise<void> {
  const entry = esd && findEntry(esd.volume, 'BaseSystem.chunklist');
  if (esd === undefined || entry === undefined) return Promise.resolve();
  const checked = openData(esd.volume, entry)
    .then(readChunklist)
    .then((list) => checkChunks(list, base.source, { signal }));
  // Whoever waits for it is told; decoding may fail before anyone does.
  checked.catch(() => undefined);
  return checked;
}

/** An image with all of its bytes to where they are. */
function wholeOf({ place, source, tables }: OpenedImage): Scatter {
  return { place, source, tables, moves: undefined };
}

/**
 * Brings the files' bytes to the new volume: those that lie in the medium as it is decoded, the others one by one.
 * The medium is decoded as a whole even where nothing of it is wanted: its checksums are over all of it.
 */
async function copyFrom(
  esd: OpenedImage | undefined,
  placements: readonly Placement[],
  volume: {
    readonly offset: number;
    readonly before: number;
    readonly blockSize: number;
    readonly target: ByteTarget;
  },
  output: number,
  options: DecodeOptions,
): Promise<void> {
  const moves: Move[] = [];
  for (const { offset, source, from, length } of placements) {
    const pieces = esd === undefined ? undefined : piecesOf(esd, source, from, length);
    let done = 0;
    // Free blocks of the old volume hold what was there before, and zeros are not written over it later.
    const end = Math.ceil((offset + length) / volume.blockSize) * volume.blockSize;
    const present = Math.min(end, volume.before);
    for (let at = offset; at < present; at += step) {
      await volume.target.write(at, new Uint8Array(Math.min(step, present - at)));
    }
    for (const piece of pieces ?? []) {
      moves.push({ from: piece.from, length: piece.length, to: volume.offset + offset + done });
      done += piece.length;
    }
    for (; done < length; done += step) {
      options.signal?.throwIfAborted();
      await volume.target.write(offset + done, await source.read(from + done, Math.min(step, length - done)));
    }
  }
  if (esd !== undefined) await scatter({ ...wholeOf(esd), moves }, output, options);
}

const step = 2 ** 20;

/** Where in the medium's disk a fork lies. @returns undefined when it is no fork of its volume, or the volume has a journal to replay */
function piecesOf(
  { volume, offset }: OpenedImage,
  source: ByteSource,
  start: number,
  length: number,
): { readonly from: number; readonly length: number }[] | undefined {
  if (!('pieces' in source) || (volume.journal?.pending.size ?? 0) > 0) return undefined;
  const fork = source as ForkSource;
  if (fork.volume !== volume.source) return undefined;
  return fork.pieces(start, length).map((piece) => ({ from: offset + piece.start, length: piece.length }));
}

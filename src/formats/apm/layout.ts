import { struct, text, u16, u32, type Decoded } from '../struct/index.ts';

/** Driver descriptor map, block 0 of a disk with an Apple partition map (Inside Macintosh: Devices). Big-endian. */
export const driverMap = struct('apm.driverMap', {
  signature: u16, // 'ER'
  blockSize: u16, // 512, or 2048 on discs
  blockCount: u32,
});

/** One entry of the map, a block each from block 1. Big-endian. Fields for starting 68k drivers follow. */
export const apmEntry = struct('apm.entry', {
  signature: u16, // 'PM'
  padding: u16,
  mapEntries: u32, // the same in every entry
  firstBlock: u32,
  blockCount: u32,
  name: text(32),
  type: text(32), // "Apple_HFS", "Apple_Free" …
  dataFirstBlock: u32,
  dataBlockCount: u32,
  status: u32,
});
export type ApmEntry = Decoded<typeof apmEntry>;

export const driverSignature = 0x4552;
export const entrySignature = 0x504d;
/** The type of the entry for space that is in no partition. */
export const freeType = 'Apple_Free';

import { FormatError } from '../../base/index.ts';
import { struct, u32le } from '../struct/index.ts';

/** With the fields that an image without a format of its own needs (Multiboot Specification 0.6.96, section 3.1). */
const layout = struct('multiboot.header', {
  magic: u32le, // 0x1badb002
  flags: u32le,
  checksum: u32le, // the three add up to 0
  headerAddress: u32le,
  loadAddress: u32le,
  loadEnd: u32le, // 0: all of the file
  bssEnd: u32le, // 0: nothing is zeroed
  entry: u32le,
});

export interface MultibootHeader {
  /** In the file, in bytes. */
  readonly offset: number;
  /** Where the file's first byte goes. */
  readonly loadAddress: number;
  readonly entry: number;
}

/** Loaders look no further, in bytes. */
const searched = 8192;
/** Of the flags: the addresses hold. */
const addressesHold = 0x10000;

/**
 * Finds the header of a flat image as loaders do, QEMU among them, and checks that the addresses fit the image.
 * @throws FormatError when none exists, or it says what cannot be
 */
export function findMultibootHeader(image: Uint8Array): MultibootHeader {
  const end = Math.min(searched, image.length) - layout.size;
  for (let offset = 0; offset <= end; offset += 4) {
    const header = layout.decode(image, offset);
    const sum = (header.magic + header.flags + header.checksum) % 2 ** 32;
    if (header.magic !== 0x1badb002 || sum !== 0) continue;
    const fail = (message: string): never => {
      throw new FormatError('multiboot', message, { offset });
    };
    if ((header.flags & addressesHold) === 0) fail('the header gives no addresses');
    const { headerAddress, loadAddress, loadEnd, entry } = header;
    // The file may begin before what is loaded; here it does not.
    if (headerAddress - loadAddress !== offset) {
      fail(
        `the header says that it is ${headerAddress - loadAddress} bytes in, where the file has it ${offset} bytes in`,
      );
    }
    if (loadEnd !== 0 && loadEnd - loadAddress !== image.length)
      fail('the header does not load the whole file');
    if (entry < loadAddress || entry >= loadAddress + image.length) fail('the entry is outside of the file');
    return { offset, loadAddress, entry };
  }
  throw new FormatError('multiboot', `there is no header in the first ${searched} bytes`, { offset: 0 });
}

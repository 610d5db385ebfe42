import { FormatError } from '../../base/index.ts';
import { readPlist, type PlistValue } from '../plist/index.ts';

/** What a sparse bundle's Info.plist says. In bytes. */
export interface BundleInfo {
  /** Of the disk. */
  readonly size: number;
  /** Of every band but the last; hdiutil writes 8 MiB. */
  readonly bandSize: number;
}

const bundleType = 'com.apple.diskimage.sparsebundle';
const largestBand = 2 ** 33;

/** Reads the Info.plist of a sparse bundle. @throws FormatError when it is another's, or its numbers are out of range */
export function readBundleInfo(data: Uint8Array): BundleInfo {
  const root = readPlist(data);
  const get = (key: string): PlistValue | undefined =>
    root instanceof Map ? (root as ReadonlyMap<string, PlistValue>).get(key) : undefined;
  const fail = (message: string): never => {
    throw new FormatError('sparsebundle', `Info.plist: ${message}`);
  };
  const type = get('diskimage-bundle-type');
  if (type !== bundleType) fail(`the type is not "${bundleType}"`);
  if (get('bundle-backingstore-version') !== 1) fail('the version of its backing store is not 1');
  const [size, bandSize] = [get('size'), get('band-size')];
  if (!isSize(size)) return fail('"size" is not a whole number of bytes');
  if (!isSize(bandSize) || bandSize % 512 !== 0 || bandSize > largestBand)
    return fail('"band-size" is not a number of bytes in whole sectors');
  return { size, bandSize };
}

function isSize(value: PlistValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

/** The number of the band in a file of that name, from 0; undefined of any other file. Names are hexadecimal. */
export function bandNumber(name: string, { size, bandSize }: BundleInfo): number | undefined {
  if (!/^[0-9a-f]{1,13}$/i.test(name) || (name.length > 1 && name.startsWith('0'))) return undefined;
  const number = parseInt(name, 16);
  return number < Math.ceil(size / bandSize) ? number : undefined;
}

import { Failure, FormatError } from '../base/index.ts';
import { findEntry, openData, type HfsVolume } from '../formats/hfsplus/index.ts';
import { readPlist } from '../formats/plist/index.ts';
import { releases, type Release } from './releases.ts';

/** What a volume's SystemVersion.plist says. */
export interface ProductVersion {
  /** "Mac OS X", "macOS" */
  readonly name: string;
  /** "10.10.5" */
  readonly version: string;
  /** "14F27" */
  readonly build: string;
}

/** A system of a release whose medium we know how to treat. */
export interface SystemVersion extends Pick<ProductVersion, 'version' | 'build'> {
  readonly release: Release;
}

export const systemVersionPath = 'System/Library/CoreServices/SystemVersion.plist';

/** Apple's has some 500 bytes. */
const largest = 2 ** 16;

/**
 * Reads SystemVersion.plist; what it does not say is ''.
 * @returns undefined when the volume has none
 * @throws FormatError when it is damaged
 */
export async function readProductVersion(volume: HfsVolume): Promise<ProductVersion | undefined> {
  const entry = findEntry(volume, systemVersionPath);
  if (entry?.kind !== 'file') return undefined;
  const data = await openData(volume, entry);
  const value = parsed(await data.read(0, Math.min(data.size, largest)));
  const text = (key: string): string => {
    const found = value instanceof Map ? (value as ReadonlyMap<string, unknown>).get(key) : undefined;
    return typeof found === 'string' ? found.replace(/\p{C}/gu, '?').slice(0, 40) : '';
  };
  return {
    name: text('ProductName'),
    version: text('ProductVersion'),
    build: text('ProductBuildVersion'),
  };
}

/** @throws FormatError that names the file, where readPlist names a place in it alone */
function parsed(bytes: Uint8Array): unknown {
  try {
    return readPlist(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { format, reason, offset } = error;
    throw new FormatError(format, `${systemVersionPath}: ${reason}`, offset === undefined ? {} : { offset });
  }
}

/**
 * The same for an installer.
 * @throws Failure 'wrong-release' when it is not one that we know how to treat; FormatError when it is damaged
 */
export async function readSystemVersion(volume: HfsVolume): Promise<SystemVersion | undefined> {
  const product = await readProductVersion(volume);
  if (product === undefined) return undefined;
  const { version, build } = product;
  const release = releases.find((each) => version === each.version || version.startsWith(`${each.version}.`));
  if (release === undefined) {
    const [first, last] = [releases[0], releases.at(-1)];
    throw new Failure(
      'wrong-release',
      `the installer is of OS X "${version}", whose medium has another layout`,
      {
        hint: `OS X ${first?.version ?? ''} (${first?.name ?? ''}) to ${last?.version ?? ''} (${last?.name ?? ''}) can be made into an ISO.`,
      },
    );
  }
  return { release, version, build };
}

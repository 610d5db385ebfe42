import { isRecord, Failure, isSha256, type Sha256 } from '../../base/index.ts';
import type { Overrides } from '../../recipe/index.ts';
import type { ActionResult, Blob } from '../../store/index.ts';

/** The first entry of a bundle, `bundle.json`: what is in it and what it was made with. */
export type Manifest = {
  readonly bundle: typeof bundleVersion;
  /** Of the cidermill that made it. */
  readonly cidermill: string;
  readonly pipeline: string;
  /** What was set on the command line. */
  readonly set: Overrides;
  /** The project's own files: definitions, scripts, local sources. Empty when all of them come with cidermill. */
  readonly project: readonly BundledFile[];
  /** Files that come with cidermill and that the keys depend on: path → digest. */
  readonly builtin: Readonly<Record<string, Sha256>>;
  /** Results of steps that were made already. */
  readonly results: readonly ActionResult[];
  /** Every blob, in the order in which they follow as `blobs/<sha256>`. */
  readonly blobs: readonly Blob[];
};

export type BundledFile = Blob & {
  readonly path: string;
  readonly executable: boolean;
};

export const bundleVersion = 1;
export const manifestName = 'bundle.json';
/** In bytes; ten thousand results of a thousand files each stay below. */
export const largestManifest = 256 << 20;

/** Reads a manifest and checks the form of all that is in it. @throws Failure 'bad-bundle' */
export function readManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badBundle('its list of contents is not JSON');
  }
  if (!isRecord(value)) throw badBundle('its list of contents is not a JSON object');
  if (value['bundle'] !== bundleVersion)
    throw badBundle(`it is of version ${String(value['bundle'])}, and this cidermill reads ${bundleVersion}`);
  const { pipeline, cidermill, set, project, builtin, results, blobs } = value;
  const sound =
    typeof pipeline === 'string' &&
    typeof cidermill === 'string' &&
    isRecord(set) &&
    Object.values(set).every(
      (each) => typeof each === 'string' || isListOf(each, (one) => typeof one === 'string'),
    ) &&
    isListOf(project, isFile) &&
    isRecord(builtin) &&
    Object.values(builtin).every((each) => typeof each === 'string' && isSha256(each)) &&
    isListOf(results, isResult) &&
    isListOf(blobs, isBlob);
  if (!sound) throw badBundle('its list of contents is not of the form that cidermill writes');
  return value as unknown as Manifest;
}

export function badBundle(why: string): Failure {
  return new Failure('bad-bundle', `the bundle is not sound: ${why}`, {
    hint: 'Copy it again, or make it again with `cidermill bundle`.',
  });
}

function isListOf(value: unknown, is: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

function isBlob(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { digest, size } = value;
  return typeof digest === 'string' && isSha256(digest) && Number.isSafeInteger(size) && Number(size) >= 0;
}

function isFile(value: unknown): boolean {
  if (!isBlob(value) || !isRecord(value)) return false;
  const { path, executable } = value;
  if (typeof path !== 'string' || typeof executable !== 'boolean' || path.includes('\0')) return false;
  return path
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && part !== 'node_modules');
}

function isResult(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { key, outputs, log, action } = value;
  return (
    typeof key === 'string' &&
    isSha256(key) &&
    isRecord(outputs) &&
    typeof log === 'string' &&
    isSha256(log) &&
    isRecord(action)
  );
}

import { canonicalJson, isRecord, isSha256, type Sha256 } from '../base/index.ts';
import { longestPart, wholeLimit } from './parts.ts';
import { outputsFault, type Action, type ActionResult, type Blob, type Output } from '../store/index.ts';

/** A blob as it travels: whole, or in parts, each a blob of its own, that follow one another. */
export type Carried = Blob & {
  readonly parts?: readonly Blob[];
};

/** What the team's cache knows of an action. What the reader knows himself, its action and materials, is not in it. */
export type Entry = {
  readonly key: Sha256;
  readonly outputs: Readonly<Record<string, Output>>;
  readonly notes: readonly string[];
  /** Versions of tools that the action does not name. */
  readonly tools?: Readonly<Record<string, string>>;
  readonly started: string;
  /** Milliseconds the script ran. */
  readonly duration: number;
  readonly log: Blob;
  /** Every blob of the outputs, and the log, each once. */
  readonly blobs: readonly Carried[];
};

/** An entry, and the signature over it: armoured, as ssh-keygen writes it. */
export interface SignedEntry {
  readonly entry: Entry;
  readonly signature?: string;
}

/** In bytes, of an entry as JSON: blobs of a hundred gigabytes in parts. */
export const largestEntry = 16 << 20;
const version = 1;
const longestNote = 10_000;
const mostNotes = 1000;

/** What is signed: canonical JSON, so that it is the same bytes for whoever reads it. */
export function signedText(entry: Entry): string {
  return canonicalJson({ version, entry });
}

export function encodeEntry({ entry, signature }: SignedEntry): Buffer {
  const document = { version, entry, ...(signature === undefined ? {} : { signature }) };
  return Buffer.from(canonicalJson(document));
}

/**
 * Reads what another machine has written of an action.
 * @returns what is wrong with it, as the end of a sentence, where it is not a sound entry of that action
 */
export function decodeEntry(
  bytes: Buffer,
  key: Sha256,
  action: Pick<Action, 'outputs'>,
): SignedEntry | string {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch {
    return 'is not JSON';
  }
  if (!isRecord(document) || document['version'] !== version) return `is not of version ${version}`;
  const { entry, signature } = document;
  if (signature !== undefined && typeof signature !== 'string') return 'has an invalid signature';
  const fault = entryFault(entry, key, action);
  if (fault !== undefined) return fault;
  return { entry: entry as Entry, ...(signature === undefined ? {} : { signature }) };
}

function entryFault(entry: unknown, key: Sha256, action: Pick<Action, 'outputs'>): string | undefined {
  if (!isRecord(entry)) return 'is not an object';
  const { outputs, notes, tools = {}, started, duration, log, blobs } = entry;
  if (entry['key'] !== key) return 'is the entry of another action';
  const wrong = outputsFault(outputs);
  if (wrong !== undefined) return wrong;
  const found = outputs as Entry['outputs'];
  const declared = Object.entries(action.outputs);
  const sound =
    declared.length === Object.keys(found).length &&
    declared.every(([name, path]) => Object.hasOwn(found, name) && found[name]?.path === path);
  if (!sound) return 'has other outputs than the recipe declares';
  if (!Array.isArray(notes) || notes.length > mostNotes || !notes.every(isNote)) return 'has invalid notes';
  if (!isRecord(tools) || Object.keys(tools).length > mostNotes || !Object.values(tools).every(isNote))
    return 'has invalid versions of tools';
  if (typeof started !== 'string' || !/^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z$/.test(started))
    return 'has no valid time';
  if (typeof duration !== 'number' || !Number.isSafeInteger(duration) || duration < 0)
    return 'has no valid duration';
  if (!isBlobWord(log)) return 'has no valid log';
  return Array.isArray(blobs) ? blobsFault(blobs, [...Object.values(found), log]) : 'has no list of blobs';
}

function isNote(note: unknown): boolean {
  return typeof note === 'string' && note.length <= longestNote;
}

function blobsFault(blobs: readonly unknown[], needed: readonly Blob[]): string | undefined {
  const sizes = new Map<string, number>();
  for (const blob of blobs) {
    if (!isBlobWord(blob)) return 'has an invalid blob';
    const { parts } = blob as Carried;
    if (parts === undefined ? blob.size > wholeLimit : !areParts(parts, blob.size))
      return `has invalid parts of ${blob.digest}`;
    sizes.set(blob.digest, blob.size);
  }
  const lost = needed.find(({ digest, size }) => sizes.get(digest) !== size);
  return lost === undefined ? undefined : `lacks the blob ${lost.digest}`;
}

function areParts(parts: unknown, size: number): boolean {
  if (!Array.isArray(parts) || !parts.every(isBlobWord)) return false;
  if (parts.some((part) => part.size === 0 || part.size > longestPart)) return false;
  return parts.reduce((sum, part) => sum + part.size, 0) === size;
}

function isBlobWord(value: unknown): value is Blob {
  if (!isRecord(value)) return false;
  const { digest, size } = value;
  return typeof digest === 'string' && isSha256(digest) && Number.isSafeInteger(size) && Number(size) >= 0;
}

/** The store's own record of an action whose artifact came from the team's cache. */
export function resultOf(
  entry: Entry,
  own: Pick<ActionResult, 'action' | 'materials' | 'producers'>,
): ActionResult {
  const { key, outputs, notes, tools, started, duration, log } = entry;
  return {
    ...{ key, outputs, notes, started, duration, log: log.digest, ...own },
    ...(tools === undefined ? {} : { tools }),
  };
}

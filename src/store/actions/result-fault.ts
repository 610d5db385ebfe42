import { isSha256 } from '../../base/index.ts';
import { outputsFault } from './listing-fault.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What an entry's fields have to be; an entry with a field that is neither here nor below is not ours. */
const fields: Readonly<Record<string, (value: unknown) => boolean>> = {
  key: isDigest,
  action: isRecord,
  outputs: isRecord,
  notes: (value) => Array.isArray(value) && value.every((note) => typeof note === 'string'),
  materials: (value) => isRecord(value) && Object.values(value).every(isMaterials),
  producers: (value) => isRecord(value) && Object.values(value).every(isDigest),
  started: (value) => typeof value === 'string',
  duration: (value) => typeof value === 'number',
  log: isDigest,
};

const optional: typeof fields = {
  tools: (value) => isRecord(value) && Object.values(value).every((version) => typeof version === 'string'),
};

/** What is wrong with an action's entry, as the end of a sentence; undefined for one that `writeAction` could have written. */
export function resultFault(entry: unknown, key: string): string | undefined {
  if (!isRecord(entry)) return 'is not an object';
  for (const [name, isRight] of Object.entries(fields))
    if (!isRight(entry[name])) return `has no valid "${name}"`;
  for (const [name, isRight] of Object.entries(optional))
    if (Object.hasOwn(entry, name) && !isRight(entry[name])) return `has no valid "${name}"`;
  const unknown = Object.keys(entry).find(
    (name) => !Object.hasOwn(fields, name) && !Object.hasOwn(optional, name),
  );
  if (unknown !== undefined) return `has an unknown field "${unknown}"`;
  if (entry['key'] !== key) return 'is the entry of another action';
  const declared = (entry['action'] as Fields)['outputs'];
  const missing = isRecord(declared)
    ? Object.keys(declared).find((name) => !Object.hasOwn(entry['outputs'] as Fields, name))
    : undefined;
  return missing === undefined ? outputsFault(entry['outputs']) : `lacks the output "${missing}"`;
}

function isMaterials(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (one) =>
        isRecord(one) &&
        typeof one['uri'] === 'string' &&
        isRecord(one['digest']) &&
        Object.values(one['digest']).every((digest) => typeof digest === 'string'),
    )
  );
}

function isDigest(value: unknown): boolean {
  return typeof value === 'string' && isSha256(value);
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

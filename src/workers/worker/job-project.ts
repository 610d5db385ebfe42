import { readFileSync } from 'node:fs';
import type { SharedCache } from '../../cache/index.ts';
import { packageRoot } from '../../host/index.ts';
import { blobPath, blobsOf, outputPath, readBlob, type Blob, type Store } from '../../store/index.ts';
import { listingsFault } from '../../engine/team/listings-fault.ts';
import { bringWhole } from './job-inputs.ts';
import { Refusal } from './job-step.ts';
import { readParcel } from './open-parcel.ts';
import type { Parcel } from '../job/parcel.ts';

/** In bytes, of a parcel and of the listing of a project's files. */
const largest = 4 << 20;

export interface OpenedParcel {
  readonly parcel: Parcel;
  /** Absolute: the folder with the project's files; the package's own root for a recipe of its. */
  readonly root: string;
}

/**
 * Brings a job's parcel, and the project's files that it names, and lays them out: in the store, by their digest.
 * @returns undefined when the cache lacks some of it
 * @throws Refusal
 */
export async function openParcel(
  store: Store,
  cache: SharedCache,
  blob: Blob,
): Promise<OpenedParcel | undefined> {
  if (blob.size > largest) throw new Refusal(`the job's parcel is larger than ${largest} bytes`);
  if (!(await bringWhole(store, cache, [blob]))) return undefined;
  const parcel = readParcel(readFileSync(blobPath(store, blob.digest), 'utf8'));
  if (typeof parcel === 'string') throw new Refusal(`the job's parcel ${parcel}`);
  const { project } = parcel;
  if (project === undefined) return { parcel, root: packageRoot };
  if (project.size > largest)
    throw new Refusal(`the list of the project's files is larger than ${largest} bytes`);
  if (!(await bringWhole(store, cache, [project]))) return undefined;
  const output = { type: 'directory', path: 'project/', ...project } as const;
  const fault = listingsFault(store, { project: output });
  if (fault !== undefined) throw new Refusal(`the job's parcel ${fault}`);
  readBlob(store, project.digest);
  if (!(await bringWhole(store, cache, blobsOf(store, output)))) return undefined;
  return { parcel, root: await outputPath(store, output) };
}

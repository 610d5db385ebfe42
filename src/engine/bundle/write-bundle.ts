import { createWriteStream, statSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { packArchive, type ArchiveEntry } from '../../archive/index.ts';
import { canonicalJson, type Sha256 } from '../../base/index.ts';
import { byRename } from '../../image/index.ts';
import type { Overrides, Plan, Project } from '../../recipe/index.ts';
import {
  blobPath,
  blobsOfResult,
  hashFile,
  openMemo,
  openSession,
  readAction,
  requireBlob,
  type ActionResult,
  type Blob,
  type Store,
} from '../../store/index.ts';
import type { FetchedStep } from '../sources/fetch-plan.ts';
import { storedSteps } from '../rebuild/stored-steps.ts';
import type { StepSources } from '../sources/step-sources.ts';
import { bundleVersion, manifestName, type BundledFile, type Manifest } from './manifest.ts';
import { localLockFile } from '../sources/stand-ins.ts';
import { planFiles } from './project-files.ts';

export interface BundleOptions {
  readonly store: Store;
  readonly project: Project;
  readonly plan: Plan;
  readonly sources: StepSources;
  readonly set: Overrides;
  /** What `fetchPlan` gave: all of it is in the store. */
  readonly fetched: readonly FetchedStep[];
  /** Also what the steps made: all of them must have run. */
  readonly withResults: boolean;
  readonly onHost: boolean;
  /** With what stands in for vanished files. */
  readonly drifted: boolean;
  readonly cidermill: string;
  readonly signal: AbortSignal;
}

/** What went into a bundle, in bytes and numbers. */
export interface Bundled {
  readonly size: number;
  readonly sources: number;
  readonly projectFiles: number;
  readonly results: number;
  /** With what stands in for vanished files, which is read with --update-vanished only. */
  readonly drifted: boolean;
}

/**
 * Writes a bundle: one tar archive, the same bytes for the same content, that a machine without a network runs the plan
 * from. It appears by rename.
 * @throws Failure 'not-made' when results are wanted that are not there; DamagedBlob
 */
export async function writeBundle(options: BundleOptions, output: string): Promise<Bundled> {
  const { store, project, signal } = options;
  const session = await openSession(store);
  try {
    const { own, builtin } = await planFiles(project, options.plan, options.drifted);
    const files = new Map<Sha256, string>();
    const bundled: BundledFile[] = [];
    for (const path of own) {
      const whole = join(project.root, path);
      const blob = await hashFile(whole);
      files.set(blob.digest, whole);
      bundled.push({ path, executable: ((await lstat(whole)).mode & 0o111) !== 0, ...blob });
    }
    const builtinDigests: Record<string, Sha256> = {};
    for (const path of builtin) builtinDigests[path] = (await hashFile(join(project.builtin, path))).digest;
    const results = options.withResults ? await storedResults(options) : [];
    const sources = options.fetched.flatMap((step) =>
      step.files.map(({ sha256, size }) => ({ digest: sha256, size })),
    );
    const made = results.flatMap((result) => blobsOf(store, result));
    for (const blob of [...sources, ...made]) await requireBlob(store, blob);
    const manifest: Manifest = {
      bundle: bundleVersion,
      cidermill: options.cidermill,
      pipeline: options.plan.pipeline,
      set: options.set,
      project: bundled,
      builtin: builtinDigests,
      results,
      blobs: unique([...bundled.map(({ digest, size }) => ({ digest, size })), ...sources, ...made]),
    };
    const entries = entriesOf(manifest, (digest) => files.get(digest) ?? blobPath(store, digest));
    const size = await byRename(output, async (partial) => {
      await pipeline(packArchive(entries), createWriteStream(partial), { signal });
      return (await lstat(partial)).size;
    });
    return {
      size,
      sources: unique(sources).length,
      projectFiles: bundled.length,
      results: results.length,
      drifted: own.includes(localLockFile),
    };
  } finally {
    await session.release();
  }
}

function entriesOf(manifest: Manifest, pathOf: (digest: Sha256) => string): ArchiveEntry[] {
  const list = Buffer.from(canonicalJson(manifest));
  return [
    { type: 'file', name: manifestName, content: list },
    ...manifest.blobs.map(({ digest }): ArchiveEntry => ({
      type: 'file',
      name: `blobs/${digest}`,
      content: pathOf(digest),
    })),
  ];
}

async function storedResults(options: BundleOptions): Promise<ActionResult[]> {
  const { store } = options;
  const steps = await storedSteps({ ...options, facts: openMemo(store, 'facts') }, []);
  return steps.flatMap(({ key }) => readAction(store, key) ?? []);
}

/** The scripts' modules are for `plan` alone: where they are gone already, they are not missed. */
function blobsOf(store: Store, result: ActionResult): Blob[] {
  return [...blobsOfResult(store, result)].flatMap((digest) => {
    const stat = statSync(blobPath(store, digest), { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ digest, size: stat.size }];
  });
}

function unique(blobs: readonly Blob[]): Blob[] {
  const byDigest = new Map(blobs.map((blob) => [blob.digest, blob]));
  return [...byDigest.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

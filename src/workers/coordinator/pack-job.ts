import { createReadStream, statSync } from 'node:fs';
import PQueue from 'p-queue';
import { canonicalJson, type Sha256 } from '../../base/index.ts';
import type { ResolvedStep } from '../../engine/decide.ts';
import type { RunContext } from '../../engine/context.ts';
import type { Done } from '../../engine/resolve.ts';
import type { Team } from '../../engine/team/team.ts';
import { packageRoot } from '../../host/index.ts';
import { filesOf } from '../../sources/index.ts';
import { hasBlob, putStream, readAction, type Blob } from '../../store/index.ts';
import { encodeJob, largestJob, type Job, type JobFile, type JobInput } from '../job/job.ts';
import { jobVersion } from '../redis/names.ts';
import { packParcel } from '../job/parcel.ts';

/** Makes jobs of steps, and brings what they need into the shared cache. */
export interface Packing {
  /**
   * @returns undefined for a step that cannot be made elsewhere; 'unsent' when the cache did not take what it needs
   */
  pack(resolved: ResolvedStep, done: Done): Promise<Job | 'unsent' | undefined>;
  /** What was sent is looked at again: a worker did not find it. */
  forget(): void;
}

/** How many jobs are packed at once. */
const atOnce = 8;

export function openPacking({ store, plan }: Pick<RunContext, 'store' | 'plan'>, team: Team): Packing {
  let shared = new Map<Sha256, Promise<boolean>>();
  const parcels = new Map<string, ReturnType<typeof packParcel>>();
  const queue = new PQueue({ concurrency: atOnce });

  /** Brings what a step before has made into the cache. */
  const share = (key: Sha256, step: string): Promise<boolean> => {
    const one = async (): Promise<boolean> => {
      const planned = plan.steps.find(({ name }) => name === step);
      const result = readAction(store, key);
      if (planned === undefined || result === undefined) return false;
      return team.share({ step: planned, choice: new Map(), action: result.action, key }, result);
    };
    const sharing = shared.get(key) ?? one();
    shared.set(key, sharing);
    return sharing;
  };

  /** Steps with the same script and sources have the same parcel. */
  const parcel = (resolved: ResolvedStep): ReturnType<typeof packParcel> => {
    const { step, action } = resolved;
    const { modules, packages, sources, script } = action;
    const what = canonicalJson({ root: step.recipe.root, script, modules, packages, sources });
    const packing = parcels.get(what) ?? packParcel(store, resolved);
    parcels.set(what, packing);
    return packing;
  };

  const input = (step: string, output: string, done: Done): JobInput | undefined => {
    const made = done.get(step);
    if (made === undefined) return undefined;
    const outputs = Object.entries(made.outputs).map(([name, { path }]) => [name, path] as const);
    return { from: made.key, outputs: Object.fromEntries(outputs), output };
  };

  return {
    forget: () => {
      shared = new Map();
    },
    pack: (resolved, done) =>
      queue.add(async () => {
        const { step, action, key, choice } = resolved;
        const packed = await parcel(resolved);
        if (packed === undefined) return undefined;
        const files = new Map(packed.files);
        const blobs = [...packed.blobs];
        const inputs: Record<string, JobInput | JobFile> = {};
        const before: [Sha256, string][] = [];
        for (const [name, { value }] of step.inputs) {
          if (value.kind === 'file') {
            const word = action.inputs[name] ?? '';
            const blob: Blob = {
              digest: word.slice(word.indexOf(':') + 1) as Sha256,
              size: sizeOf(value.path),
            };
            files.set(blob.digest, value.path);
            blobs.push(blob);
            inputs[name] = { size: blob.size };
            continue;
          }
          const from = input(value.step, value.output, done);
          if (from === undefined) return undefined;
          inputs[name] = from;
          before.push([from.from, value.step]);
        }
        if (action.environment.kind === 'buildroot') {
          const from = input(step.buildrootStep ?? '', 'root', done);
          if (from === undefined) return undefined;
          inputs[''] = from;
          before.push([from.from, step.buildrootStep ?? '']);
        }
        const job: Job = {
          ...{ version: jobVersion, key, step: step.name, action, inputs, parcel: packed.parcel },
          varies: [...step.recipe.varies.keys()],
          kvm: step.recipe.needs?.kvm === true,
        };
        if (Buffer.byteLength(encodeJob(job)) > largestJob) return undefined;
        for (const [digest, path] of files) {
          const blob = blobs.find((one) => one.digest === digest);
          if (blob !== undefined && !hasBlob(store, blob.digest, blob.size))
            await putStream(store, createReadStream(path), blob);
        }
        // What is here already needs no network there.
        for (const { sha256, size } of [...choice.values()].flatMap(filesOf))
          if (hasBlob(store, sha256, size)) blobs.push({ digest: sha256, size });
        const sent = await Promise.all([
          team.cache.sendFiles(blobs),
          ...before.map(([from, name]) => share(from, name)),
        ]);
        return sent.every(Boolean) ? job : 'unsent';
      }),
  };
}

function sizeOf(path: string): number {
  return statSync(path).size;
}

/** Does a recipe come with the package? Its script is run by workers of the same build alone. */
export function isBuiltIn({ step }: Pick<ResolvedStep, 'step'>): boolean {
  return step.recipe.root === packageRoot;
}

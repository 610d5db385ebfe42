import { availableParallelism } from 'node:os';
import { Failure } from '../../base/index.ts';
import { authorizationOf } from '../../cache/index.ts';
import { loadSettings } from '../../recipe/index.ts';
import { openSession, type Store } from '../../store/index.ts';
import { diskSpace, version } from '../../host/index.ts';
import { readAddress } from '../redis/address.ts';
import { isWorkerName } from '../redis/names.ts';
import { ownBuild } from '../job/own-build.ts';
import { requireCache } from '../job/require-cache.ts';
import { ownVersions } from '../redis/presence.ts';
import { askBriefly } from './job-cache.ts';
import { proveKvm } from './prove-kvm.ts';
import { Reach } from './reach.ts';
import { serveJob } from './serve-job.ts';
import { runWorker } from './worker.ts';

export interface WorkerSettings {
  readonly address: string;
  readonly store: Store;
  /** Absolute: of the project whose settings name the shared cache. */
  readonly root: string;
  readonly name: string;
  /** Steps at once. */
  readonly slots: number;
  readonly kvm: boolean;
  readonly signal: AbortSignal;
  readonly onNote: (text: string) => void;
}

/**
 * Makes steps of others on this machine until the signal.
 * @throws Failure 'usage', 'no-redis'; 'no-kvm' where KVM is claimed and cannot be used
 */
export async function serveTeam(settings: WorkerSettings): Promise<void> {
  const { store, root, slots, kvm, signal, onNote } = settings;
  if (!isWorkerName(settings.name))
    throw new Failure('usage', `a worker cannot be called ${JSON.stringify(settings.name)}`, {
      hint: 'Its name is letters, digits, "-" and "_": give one by --name.',
    });
  const address = readAddress(settings.address);
  const cache = requireCache(root);
  const { header, withheld } = authorizationOf(cache.url, process.env, cache.named);
  if (withheld !== undefined) onNote(withheld);
  const jobs = Math.max(1, Math.floor(availableParallelism() / slots));
  const { mirrors } = loadSettings(root);
  const versions = ownVersions(ownBuild());
  if (kvm) await proveKvm(signal);
  const session = await openSession(store);
  const access = { store, settings: cache, authorization: header };
  const reach = new Reach(() => askBriefly(access, signal));
  reach.onChange((fault) =>
    onNote(
      fault === undefined
        ? 'the shared cache answers again: jobs are taken'
        : `${fault}: no job is taken until it answers`,
    ),
  );
  try {
    void reach.now().catch(() => undefined);
    await runWorker({
      ...{ address, name: settings.name, slots, signal, onNote },
      onChange: (listener) => reach.onChange(listener),
      describe: () => ({
        ...{ ...versions, version: version(), kvm, disk: diskSpace(store.root)?.free ?? 0 },
        cache: reach.silence === 0,
      }),
      serve: (job, name, ended, hearers) =>
        reach.during(() => serveJob({ ...access, name, reach, jobs, mirrors, signal }, job, ended, hearers)),
    });
  } finally {
    reach.close();
    await session.release();
  }
}

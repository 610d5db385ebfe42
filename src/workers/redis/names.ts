import type { Sha256 } from '../../base/index.ts';
import type { Needs } from '../../recipe/index.ts';

/** The beginning of every key and channel in Redis; what the users of ACL are let use. */
export const prefix = 'cidermill';

/** Raised when jobs, outcomes or what lies in Redis change in a way that older workers would read wrongly. */
export const jobVersion = 1;

/** Keys and channels. Times in them are seconds since the epoch, Redis' own. */
export const names = {
  /** Sorted set: queue → when it was last given a job. */
  queues: `${prefix}:queues`,
  /** Sorted set: worker → when it was last heard of. */
  workers: `${prefix}:workers`,
  /** What a worker says of itself, while it lives. */
  worker: (name: string): string => `${prefix}:worker:${name}`,
  /** There while a coordinator's run lives. */
  run: (run: string): string => `${prefix}:run:${run}`,
  /** Set: the runs that want an action's artifact. */
  wanted: (key: Sha256): string => `${prefix}:wanted:${key}`,
  /** List: the newest doubts, two results of one key that differ. */
  doubts: `${prefix}:doubts`,
  /** Channel: what a worker tells of an action. */
  told: (key: Sha256): string => `${prefix}:told:${key}`,
  /** Channel: there may be a job in the queue that is named; in any, where none is. */
  wake: `${prefix}:wake`,
  /** Channel: keys that a run does not want any more. */
  dropped: `${prefix}:dropped`,
} as const;

/** A queue's name says what its jobs ask of a worker. */
export interface QueueWish {
  readonly jobs: number;
  readonly protocol: number;
  readonly platform: string;
  /** Of the package whose own scripts are run, the beginning of its digest. */
  readonly build?: string;
  readonly needs: Needs;
  /** The one worker that may take them. */
  readonly on?: string;
}

const GiB = 2 ** 30;

export function queueName({ jobs, protocol, platform, build, needs, on }: QueueWish): string {
  const disk = Math.ceil(needs.disk / GiB);
  return [
    `j${jobs}`,
    `p${protocol}`,
    platform,
    ...(build === undefined ? [] : [`b-${build}`]),
    ...(needs.kvm ? ['kvm'] : []),
    ...(disk > 0 ? [`disk-${disk}G`] : []),
    ...(on === undefined ? [] : [`on-${on}`]),
  ].join('.');
}

/** Undefined for a name that is not of a queue. */
export function readQueueName(name: string): QueueWish | undefined {
  const match =
    /^j(\d{1,4})\.p(\d{1,4})\.([a-z0-9]{1,20}-[a-z0-9]{1,20})(?:\.b-([0-9a-f]{12}))?(\.kvm)?(?:\.disk-(\d{1,7})G)?(?:\.on-([\w-]{1,64}))?$/.exec(
      name,
    );
  if (match === null) return undefined;
  const [, jobs, protocol, platform = '', build, kvm, disk = '0', on] = match;
  return {
    ...{ jobs: Number(jobs), protocol: Number(protocol), platform },
    ...(build === undefined ? {} : { build }),
    needs: { kvm: kvm !== undefined, disk: Number(disk) * GiB },
    ...(on === undefined ? {} : { on }),
  };
}

/** What a worker may be called. */
export function isWorkerName(name: string): boolean {
  return /^[\w-]{1,64}$/.test(name);
}

/** What a queue asks for, for people: "kvm and disk:100G"; empty when it asks for nothing of the kind. */
export function needsText({ kvm, disk }: Needs): string {
  return [...(kvm ? ['kvm'] : []), ...(disk > 0 ? [`disk:${Math.ceil(disk / GiB)}G`] : [])].join(' and ');
}

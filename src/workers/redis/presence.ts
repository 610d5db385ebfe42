import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { isRecord, type Sha256 } from '../../base/index.ts';
import { protocolVersion } from '../../step/protocol.ts';
import { jobVersion, names, readQueueName, type QueueWish } from './names.ts';

/** What a worker says of itself while it lives. */
export type Presence = {
  readonly worker: string;
  /** Another process with the same name has another one. */
  readonly id: string;
  /** Of cidermill. */
  readonly version: string;
  /** The beginning of the digest of the package's own scripts. */
  readonly build: string;
  readonly jobs: number;
  readonly protocol: number;
  readonly platform: string;
  readonly kvm: boolean;
  /** Free bytes on the disk of its store. */
  readonly disk: number;
  /** Does the shared cache answer it? */
  readonly cache: boolean;
  readonly slots: number;
  readonly running: readonly { readonly key: Sha256; readonly step: string; readonly since: number }[];
};

/** How long one that is not heard of counts as living, in seconds, and how often it is heard, in milliseconds. */
export const lifetime = 7;
export const heartbeat = 2000;

/** What this program is, to those who ask for workers. */
export function ownVersions(build: string): Pick<Presence, 'build' | 'jobs' | 'protocol' | 'platform'> {
  return {
    ...{ build, jobs: jobVersion, protocol: protocolVersion },
    platform: `${process.platform}-${process.arch}`,
  };
}

/** Can a worker make the jobs of a queue? */
export function canServe(
  presence: Omit<Presence, 'running' | 'slots' | 'id' | 'version'>,
  queue: string,
): boolean {
  const wish = readQueueName(queue);
  return wish !== undefined && fits(presence, wish);
}

function fits(
  { worker, build, jobs, protocol, platform, kvm, disk, cache }: Parameters<typeof canServe>[0],
  wish: QueueWish,
): boolean {
  return (
    cache &&
    wish.jobs === jobs &&
    wish.protocol === protocol &&
    wish.platform === platform &&
    (wish.build === undefined || wish.build === build) &&
    (wish.on === undefined || wish.on === worker) &&
    (!wish.needs.kvm || kvm) &&
    wish.needs.disk <= disk
  );
}

/**
 * Takes a name, or one like it with a number where another process has it. One that was just killed has its name a while
 * longer: that is waited for.
 */
export async function claimName(redis: Redis, wanted: string, id: string): Promise<string> {
  const claim = async (name: string): Promise<boolean> =>
    (await redis.set(names.worker(name), JSON.stringify({ id }), 'EX', lifetime, 'NX')) !== null;
  for (let seconds = 0; seconds <= lifetime; seconds++) {
    if (await claim(wanted)) return wanted;
    // One that lives says so again and again.
    if (seconds > heartbeat / 1000 && (await redis.ttl(names.worker(wanted))) > lifetime - 3) break;
    await pause(1000);
  }
  for (let number = 2; ; number++) if (await claim(`${wanted}-${number}`)) return `${wanted}-${number}`;
}

export async function announce(redis: Redis, presence: Presence): Promise<void> {
  const { worker } = presence;
  await redis
    .pipeline()
    .set(names.worker(worker), JSON.stringify(presence), 'EX', lifetime)
    .zadd(names.workers, String(Math.floor(Date.now() / 1000)), worker)
    .exec();
}

export async function leave(redis: Redis, worker: string): Promise<void> {
  await redis.pipeline().del(names.worker(worker)).zrem(names.workers, worker).exec();
}

/** All workers that live. What they say of themselves is taken as it is, where it has the form. */
export async function listWorkers(redis: Redis): Promise<Presence[]> {
  const known = await redis.zrange(names.workers, '0', '-1');
  if (known.length === 0) return [];
  const texts = await redis.mget(known.map((name) => names.worker(name)));
  return texts.flatMap((text) => readPresence(text) ?? []).sort((a, b) => (a.worker < b.worker ? -1 : 1));
}

function readPresence(text: string | null): Presence | undefined {
  if (text === null) return undefined;
  try {
    const value = JSON.parse(text) as unknown;
    if (!isRecord(value)) return undefined;
    const { worker, version, build, platform, kvm, disk, slots, running } = value;
    const sound =
      [worker, version, build, platform].every((each) => typeof each === 'string') &&
      typeof kvm === 'boolean' &&
      typeof value['cache'] === 'boolean' &&
      [value['jobs'], value['protocol'], disk, slots].every((each) => typeof each === 'number') &&
      Array.isArray(running) &&
      running.every((each) => isRecord(each) && typeof each['step'] === 'string');
    return sound ? (value as unknown as Presence) : undefined;
  } catch {
    return undefined;
  }
}

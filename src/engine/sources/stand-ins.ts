import { join } from 'node:path';
import { sha256, type Sha256 } from '../../base/index.ts';
import type { PlannedStep, Project } from '../../recipe/index.ts';
import type { SourceContext } from '../../sources/context.ts';
import { changesBetween } from '../../sources/lock/changes.ts';
import { emptyLock, lookUpBuildroot, lookUpOrigin, type Lockfile } from '../../sources/lock/lockfile.ts';
import { filesOf, sourceDigest, type Pinned } from '../../sources/locked.ts';
import { hasBlob, withLock } from '../../store/index.ts';
import type { Origins } from './choices.ts';
import { openLock } from './pins.ts';

/** What stands in for pinned files that vanished, on this machine alone; relative to the project's root. */
export const localLockFile = join('recipes', 'lock.local.yaml');

const head = `# Written by --update-vanished: newer packages used here in place of pinned files that no archive has any more. It is not the known-good
# toolchain: do not commit it. Delete it once recipes/lock.yaml names files that can be had.
`;

/** The stand-ins of a project, for files that its lockfile pins and no archive has any more. */
export interface StandIns {
  /** A step's origins, each followed by what stands in for it. */
  join(step: PlannedStep, origins: Origins): Origins;
  /**
   * Pins anew what of a step's sources vanished: what is neither in the store nor to be had.
   * @returns the sources with the stand-ins alone where there are new ones
   */
  pinAnew(
    step: PlannedStep,
    origins: Origins,
    context: (name: string) => Promise<SourceContext>,
  ): Promise<Origins>;
  /** Lists what differs from what is pinned in a step made of these sources, "NAME OLD → NEW" a line; empty if nothing does. */
  changes(step: string, sources: Readonly<Record<string, Sha256>>): readonly string[];
}

/** @param read whether recipes/lock.local.yaml is read; without it nothing stands in for anything */
export function openStandIns(project: Project, read: boolean): StandIns {
  const local = read ? openLock(project.root, localLockFile, localLockFile) : emptyLock;
  const known = new Map<string, readonly string[]>();
  const remember = (step: PlannedStep, name: string, before: Pinned, after: Pinned): void => {
    known.set(key(step.name, name, sourceDigest(after)), changesBetween(before, after));
  };
  return {
    join: (step, origins) =>
      mapOrigins(origins, (name, list) => {
        const standIns = list.flatMap((before) => {
          const after = lookUp(local, step, name, before);
          if (after === undefined || sourceDigest(after) === sourceDigest(before)) return [];
          remember(step, name, before, after);
          return [after];
        });
        return [...list, ...standIns];
      }),
    pinAnew: async (step, origins, context) => {
      const anew = new Map<string, readonly Pinned[]>();
      for (const [name, list] of origins) {
        const [before] = list;
        const own = await context(name);
        const after = before === undefined ? undefined : await standIn(before, own);
        if (before === undefined || after === undefined) continue;
        await writeStandIn(project, step, name, after, own);
        remember(step, name, before, after);
        anew.set(name, [after]);
      }
      return new Map([...origins, ...anew]);
    },
    changes: (step, sources) =>
      Object.entries(sources).flatMap(([name, digest]) => known.get(key(step, name, digest)) ?? []),
  };
}

function key(step: string, source: string, digest: Sha256): string {
  return `${step} ${source} ${digest}`;
}

function lookUp(local: Lockfile, step: PlannedStep, name: string, before: Pinned): Pinned | undefined {
  if (before.kind === 'packages')
    return step.buildroot && lookUpBuildroot(local, step.buildroot.name, step.buildroot);
  return before.kind === 'debian'
    ? lookUpOrigin(local, `${step.recipe.name}.${name}`, before.origin)
    : undefined;
}

/** Undefined where nothing of it vanished, or nothing can stand in. */
async function standIn(before: Pinned, context: SourceContext): Promise<Pinned | undefined> {
  const missing = filesOf(before).filter((file) => !hasBlob(context.store, file.sha256, file.size));
  if (missing.length === 0) return undefined;
  const { keepBuildroot, lockOffered } = await import('../../sources/index.ts');
  if (before.kind === 'packages')
    return keepBuildroot(before, new Set(missing.map((file) => file.sha256)), context);
  return before.kind === 'debian' ? lockOffered(before.origin, context) : undefined;
}

async function writeStandIn(
  project: Project,
  step: PlannedStep,
  name: string,
  after: Pinned,
  { store }: SourceContext,
): Promise<void> {
  const { updateLock } = await import('../../sources/lock/write.ts');
  const guard = join(store.root, 'locks', `lockfile-${sha256(project.root).slice(0, 16)}`);
  const changes =
    after.kind === 'packages'
      ? { buildroots: { [step.buildroot?.name ?? step.name]: after } }
      : { sources: { [`${step.recipe.name}.${name}`]: [after] } };
  await withLock(guard, () =>
    Promise.resolve(updateLock(join(project.root, localLockFile), localLockFile, changes, head)),
  );
}

function mapOrigins(
  origins: Origins,
  map: (name: string, list: readonly Pinned[]) => readonly Pinned[],
): Origins {
  return new Map([...origins].map(([name, list]) => [name, map(name, list)]));
}

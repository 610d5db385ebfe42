import { byTables, loadSettings, type Buildroot, type Project, type Recipe } from '../../recipe/index.ts';
import {
  compareVersions,
  filesOf,
  originKey,
  whereabouts,
  type LockedFile,
  type LockedPackage,
  type Pinned,
  type Whereabouts,
} from '../../sources/index.ts';
import { openSession, type Store } from '../../store/index.ts';
import { offeredVersions } from '../../sources/apt/vanished.ts';
import { openPins } from './pins.ts';

/** A pinned file of Debian's archive, and where it is now. */
export interface CheckedFile {
  /** The buildroot or "RECIPE.SOURCE". */
  readonly entry: string;
  readonly suite: string | undefined;
  /** "NAME VERSION" of a package; of a source its file. */
  readonly what: string;
  readonly file: string;
  readonly where: Whereabouts;
  /** The version that the suite offers instead of this one. */
  readonly newer?: string;
}

export interface CheckOptions {
  readonly store: Store;
  readonly project: Project;
  readonly recipes: readonly Recipe[];
  readonly buildroots: readonly Buildroot[];
  readonly signal: AbortSignal;
}

/**
 * Asks the archives where every pinned file is, and fetches none of them. What is superseded is told where the suite's
 * signed lists can be had.
 * @throws Failure 'fetch-failed' when an archive does not answer
 */
export async function checkLock(options: CheckOptions): Promise<CheckedFile[]> {
  const { store, project, signal } = options;
  const context = { store, root: project.root, signal, mirrors: loadSettings(project.root).mirrors };
  const session = await openSession(store);
  try {
    const checked: CheckedFile[] = [];
    for (const [entry, pinned] of pinnedOf(options)) {
      if (pinned.kind !== 'packages' && pinned.kind !== 'debian') continue;
      const where = await whereabouts(filesOf(pinned), pinned.at, context);
      const offered =
        pinned.kind === 'packages' ? await offeredVersions(pinned.packages, pinned, context) : undefined;
      const suite = pinned.kind === 'packages' ? pinned.suite : pinned.origin.suite;
      for (const file of filesOf(pinned)) {
        const newer = newerOf(file, offered);
        checked.push({
          ...{ entry, suite, file: file.file, where: where.get(file.sha256) ?? 'vanished' },
          what: isPackage(file) ? `${file.name} ${file.version}` : file.file,
          ...(newer === undefined ? {} : { newer }),
        });
      }
    }
    return checked;
  } finally {
    await session.release();
  }
}

/** Every origin and every buildroot that is pinned, by its name in the lockfile; origins of all that a table offers. */
export function pinnedOf({
  project,
  recipes,
  buildroots,
}: Pick<CheckOptions, 'project' | 'recipes' | 'buildroots'>): [string, Pinned][] {
  const pins = openPins(project);
  const origins = new Map<string, [string, Pinned]>();
  for (const recipe of recipes.flatMap(byTables))
    for (const source of recipe.sources.values())
      for (const origin of source.origins) {
        const locked = origin.value.kind === 'local' ? undefined : pins.origin(recipe, source, origin, []);
        const entry = `${recipe.name}.${source.name}`;
        if (locked !== undefined) origins.set(`${entry} ${originKey(locked.origin)}`, [entry, locked]);
      }
  return [
    ...origins.values(),
    ...buildroots.flatMap((buildroot): [string, Pinned][] => {
      const locked = pins.buildroot(buildroot, []);
      return locked === undefined ? [] : [[buildroot.name, locked]];
    }),
  ];
}

function isPackage(file: LockedFile): file is LockedPackage {
  return 'version' in file;
}

/** The newest version offered, where the pinned one is older: lists without the security archive's offer an older one. */
function newerOf(
  file: LockedFile,
  offered: ReadonlyMap<string, readonly string[]> | undefined,
): string | undefined {
  if (!isPackage(file)) return undefined;
  const newest = offered?.get(file.name)?.toSorted(compareVersions).at(-1);
  return newest === undefined || compareVersions(newest, file.version) <= 0 ? undefined : newest;
}

import {
  compareVersions,
  hasSecurityLists,
  isSecuritySuite,
  offersOf,
  type SourceContext,
} from '../sources/index.ts';

/** A package that an artifact was made from, of which its archive has a newer version now. */
export interface Superseded {
  readonly name: string;
  readonly kind: 'package' | 'source';
  readonly version: string;
  /** The newest one, and the suite that has it. */
  readonly newer: string;
  readonly suite: string;
  /** Has the security archive a newer version, be it the newest or not? */
  readonly security: boolean;
}

export interface Audit {
  /** How many packages and sources of Debian were looked up. */
  readonly looked: number;
  readonly superseded: readonly Superseded[];
  /** Not in any list: their suite has dropped them, or they are of none. */
  readonly unknown: readonly string[];
  /** Suites of which no list of the security archive could be had: there nothing is known of security updates. */
  readonly withoutSecurity: readonly string[];
}

interface Pinned {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly suite: string | undefined;
}

/**
 * Looks up what an artifact was made from in the archives' signed lists of today.
 * @param uris of its provenance's dependencies; those that are no package URL of Debian are passed over
 * @throws Failure of apt
 */
export async function audit(uris: readonly string[], context: SourceContext): Promise<Audit> {
  const pinned = [...new Set(uris)].flatMap((uri) => readPackageUrl(uri) ?? []);
  const packages = pinned.filter(({ architecture }) => architecture !== 'source');
  const suites = new Set(packages.flatMap(({ suite }) => suite ?? []));
  const superseded: Superseded[] = [];
  const unknown: string[] = [];
  const withoutSecurity: string[] = [];
  for (const suite of suites) {
    const here = packages.filter((each) => each.suite === suite);
    const architecture = here.find((each) => each.architecture !== 'all')?.architecture;
    const wish = { suite, kind: 'binary', ...(architecture === undefined ? {} : { architecture }) } as const;
    compare(
      here,
      'package',
      await offersOf(
        here.map(({ name }) => name),
        wish,
        context,
      ),
      superseded,
      unknown,
    );
    if (!(await hasSecurityLists(wish, context))) withoutSecurity.push(suite);
  }
  const sources = pinned.filter((each) => each.architecture === 'source');
  await compareSources(sources, suites, context, superseded, unknown);
  return { looked: pinned.length, superseded, unknown, withoutSecurity };
}

/**
 * A source's own suite is not in its URL. It is of those that its buildroots are of and that have its upstream version; where
 * its suite has moved on to another upstream version, as kernels do, of the one whose newer version is the nearest.
 */
async function compareSources(
  sources: readonly Pinned[],
  suites: ReadonlySet<string>,
  context: SourceContext,
  superseded: Superseded[],
  unknown: string[],
): Promise<void> {
  const lists: Awaited<ReturnType<typeof offersOf>>[] = [];
  const names = sources.map(({ name }) => name);
  for (const suite of names.length === 0 ? [] : suites)
    lists.push(await offersOf(names, { suite, kind: 'source' }, context));
  for (const source of sources) {
    const { name, version } = source;
    const isOwn = (offered: string): boolean => upstreamOf(offered) === upstreamOf(version);
    const same = lists.filter((offers) => offers.get(name)?.some((each) => isOwn(each.version)) === true);
    const newest = (offers: (typeof lists)[number]): string =>
      (offers.get(name) ?? [])
        .map((each) => each.version)
        .sort(compareVersions)
        .at(-1) ?? '';
    const later = lists
      .filter((offers) => compareVersions(newest(offers), version) > 0)
      .sort((a, b) => compareVersions(newest(a), newest(b)));
    const found = same.length > 0 ? same : later.slice(0, 1);
    for (const offers of found) compare([source], 'source', offers, superseded, unknown);
    if (found.length === 0) unknown.push(`${name} ${version}`);
  }
}

function compare(
  pinned: readonly Pinned[],
  kind: Superseded['kind'],
  offers: Awaited<ReturnType<typeof offersOf>>,
  superseded: Superseded[],
  unknown: string[],
): void {
  for (const { name, version } of pinned) {
    const all = offers.get(name) ?? [];
    if (all.length === 0) unknown.push(`${name} ${version}`);
    const newer = all.filter((each) => compareVersions(each.version, version) > 0);
    const [newest] = newer.toSorted((a, b) => compareVersions(b.version, a.version));
    if (newest === undefined) continue;
    const security = newer.some(({ suite }) => isSecuritySuite(suite));
    superseded.push({ name, kind, version, newer: newest.version, suite: newest.suite, security });
  }
}

function upstreamOf(version: string): string {
  return version.includes('-') ? version.slice(0, version.lastIndexOf('-')) : version;
}

/** pkg:deb/debian/NAME@VERSION?arch=ARCHITECTURE&distro=SUITE, as `materialsOf` writes it. */
function readPackageUrl(uri: string): Pinned | undefined {
  const match = /^pkg:deb\/debian\/([^@]+)@([^?]+)\?arch=([a-z0-9-]+)(?:&distro=([\w.-]+))?$/.exec(uri);
  if (match === null) return undefined;
  const [, name = '', version = '', architecture = '', suite] = match;
  return { name: decodeURIComponent(name), version: decodeURIComponent(version), architecture, suite };
}

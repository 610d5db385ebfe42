import { compareVersions, offersOf, type SourceContext } from '../sources/index.ts';

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
  }
  // A source's own suite is not in its URL: it is of one that its buildroots are of.
  const sources = pinned.filter((each) => each.architecture === 'source');
  for (const suite of sources.length === 0 ? [] : suites) {
    const offers = await offersOf(
      sources.map(({ name }) => name),
      { suite, kind: 'source' },
      context,
    );
    const here = sources.filter(({ name, version }) => {
      const upstream = upstreamOf(version);
      return (offers.get(name) ?? []).some((each) => upstreamOf(each.version) === upstream);
    });
    compare(here, 'source', offers, superseded, unknown);
  }
  return { looked: pinned.length, superseded, unknown };
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
    const security = newer.some(({ suite }) => /-security$|\/updates$/.test(suite));
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

/** A line of sources.list(5), or one stanza of the deb822 form for one address and suite. */
export interface AptSource {
  /** With its trailing slash. */
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Trust and the like, under their deb822 names: Signed-By, Trusted, Allow-Weak … Text may span lines (an embedded key). */
  readonly options: ReadonlyMap<string, string>;
}

/** One-line options that say how an archive is trusted, and their deb822 names. What is to be fetched is ours to say. */
const kept = new Map([
  ['signed-by', 'Signed-By'],
  ['trusted', 'Trusted'],
  ['allow-insecure', 'Allow-Insecure'],
  ['allow-weak', 'Allow-Weak'],
  ['allow-downgrade-to-insecure', 'Allow-Downgrade-To-Insecure'],
  ['check-valid-until', 'Check-Valid-Until'],
  ['valid-until-max', 'Valid-Until-Max'],
  ['check-date', 'Check-Date'],
  ['by-hash', 'By-Hash'],
  ['inrelease-path', 'InRelease-Path'],
  ['snapshot', 'Snapshot'],
]);

/** The one-line form: `deb [option=value …] uri suite component…`. It is apt that complains about any other line. */
export function parseOneLineSources(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*(?:deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(
      line.replace(/#.*/, ''),
    );
    if (match === null) continue;
    const [, optionText = '', uri = '', suite = '', components = ''] = match;
    const options = new Map<string, string>();
    for (const option of optionText.split(/\s+/)) {
      const [name = '', value] = option.split(/=(.*)/s);
      const field = kept.get(name.toLowerCase());
      if (field !== undefined && value !== undefined) options.set(field, value);
    }
    sources.push({ uri: withSlash(uri), suite, components: words(components), options });
  }
  return distinct(sources);
}

/** The deb822 form: stanzas of fields. */
export function parseDeb822Sources(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of parseStanzas(text)) {
    if (/^(no|false|0|off|disable)$/i.test(stanza.get('enabled')?.trim() ?? '')) continue;
    const options = new Map<string, string>();
    for (const [name, field] of kept) {
      const value = stanza.get(name);
      if (value !== undefined) options.set(field, value);
    }
    const components = words(stanza.get('components') ?? '');
    for (const uri of words(stanza.get('uris') ?? '')) {
      for (const suite of words(stanza.get('suites') ?? '')) {
        sources.push({ uri: withSlash(uri), suite, components, options });
      }
    }
  }
  return distinct(sources);
}

/** Stanzas of control(5) syntax: lower-case field name → value; continuation lines keep their line breaks. */
export function parseStanzas(text: string): Map<string, string>[] {
  const stanzas: Map<string, string>[] = [];
  let stanza = new Map<string, string>();
  let field: string | undefined;
  for (const line of [...text.split('\n'), '']) {
    if (line.startsWith('#')) continue;
    if (line.trim() === '') {
      if (stanza.size > 0) stanzas.push(stanza);
      stanza = new Map();
      field = undefined;
    } else if (/^[ \t]/.test(line)) {
      if (field !== undefined) stanza.set(field, `${stanza.get(field) ?? ''}\n${line}`);
    } else {
      const colon = line.indexOf(':');
      if (colon < 0) continue;
      field = line.slice(0, colon).toLowerCase();
      stanza.set(field, line.slice(colon + 1).trim());
    }
  }
  return stanzas;
}

/** deb822 text for apt: the sources, with the kind of index wanted of each. */
export function renderSources(
  sources: readonly AptSource[],
  kind: 'binary' | 'source',
  architecture: string,
): string {
  return sources
    .map((source) =>
      [
        `Types: ${kind === 'source' ? 'deb-src' : 'deb'}`,
        `URIs: ${source.uri}`,
        `Suites: ${source.suite}`,
        ...(source.components.length === 0 ? [] : [`Components: ${source.components.join(' ')}`]),
        `Targets: ${kind === 'source' ? 'Sources' : 'Packages'}`,
        `Architectures: ${architecture}`,
        ...[...source.options].map(([name, value]) => `${name}: ${value}`),
        '',
      ].join('\n'),
    )
    .join('\n');
}

/** The names of Debian's releases that a host may follow besides the one it says it is. */
const releases =
  'buster bullseye bookworm trixie forky duke sid stable oldstable oldoldstable testing unstable'.split(' ');

/** The release a suite belongs to, and the rest: "bookworm-security" → ["bookworm", "-security"]. */
function splitSuite(
  suite: string,
  ownRelease: string | undefined,
): [release: string, rest: string] | undefined {
  const match = /^([a-z]+)((?:-updates|-security|-backports|-proposed-updates|\/updates)?)$/.exec(suite);
  const [, release = '', rest = ''] = match ?? [];
  return match !== null && (release === ownRelease || releases.includes(release))
    ? [release, rest]
    : undefined;
}

/**
 * The host's sources that follow a Debian release, turned to the suite wanted: each suite's release is exchanged and its
 * "-updates" or "-security" stays. Without a suite they are as the host has them.
 * @param ownRelease the host's VERSION_CODENAME
 */
export function sourcesForSuite(
  sources: readonly AptSource[],
  suite: string | undefined,
  ownRelease: string | undefined,
): AptSource[] {
  const turned: AptSource[] = [];
  for (const source of sources) {
    const parts = splitSuite(source.suite, ownRelease);
    if (parts === undefined || source.uri.startsWith('cdrom:')) continue;
    const [, rest] = parts;
    if (suite === undefined) turned.push(source);
    else if (rest !== '-backports' && rest !== '-proposed-updates') {
      turned.push({ ...source, suite: `${suite}${rest === '/updates' ? '-security' : rest}` });
    }
  }
  return distinct(turned);
}

/** apt warns of sources given twice, as `deb` and `deb-src` of one archive are. */
function distinct(sources: readonly AptSource[]): AptSource[] {
  const byText = new Map(
    sources.map((source) => [[source.uri, source.suite, ...source.components].join(' '), source]),
  );
  return [...byText.values()];
}

function withSlash(uri: string): string {
  return uri.endsWith('/') ? uri : `${uri}/`;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

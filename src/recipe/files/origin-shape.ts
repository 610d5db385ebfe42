import type { Report } from '../../yaml/faults.ts';
import type { Origin } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import { relativePathFault } from '../../yaml/relative-path.ts';
import { object, optional, required } from '../../yaml/object-shape.ts';
import {
  flag,
  list,
  locate,
  positive,
  text,
  wrongType,
  type JsonSchema,
  type Shape,
} from '../../yaml/shape.ts';
import { suggestOrList } from '../../yaml/suggest.ts';
import type { YamlNode } from '../../yaml/node.ts';
import { debianFault, repositoryFault, revisionFault, suiteFault, webAddressFault } from './origin-fault.ts';

const kinds = ['debian', 'url', 'git', 'svn', 'local'] as const;

const or = optional(
  {
    schema: {
      anyOf: [
        { type: 'string', format: 'uri' },
        { $ref: '#/definitions/origin' },
        {
          type: 'array',
          items: { anyOf: [{ type: 'string', format: 'uri' }, { $ref: '#/definitions/origin' }] },
        },
      ],
    },
    read: readAlternatives,
  },
  'Other places to get it from: a URL, another origin, or a list of them in order of preference',
);

const only = optional(
  list(text({}, relativePathFault), 1),
  'The folders and files to take from it; the rest is left out',
);

const instead = optional(
  text(),
  'An alternative, added after "or" to the hint of the error when the source cannot be downloaded',
);

const webAddress = text({ pattern: '^https?://' }, webAddressFault);
const repository = text({}, repositoryFault);

const number = positive();
const numberOrReference = {
  ...number,
  schema: { anyOf: [number.schema, { type: 'string', pattern: '\\$\\{' }] },
};

const debian = object('a Debian origin', {
  debian: required(
    text({ pattern: '^[^@]+@.+$' }, debianFault),
    'A signed Debian source package, package@version; without a "-revision" the upstream tarball alone',
  ),
  suite: optional(
    text({}, suiteFault),
    'The suite that carries it; else those that apt follows on this host',
  ),
  only,
  instead,
  or,
});
const url = object('a URL origin', {
  url: required(webAddress, 'A file or an archive'),
  mirrors: optional(list(webAddress), 'The same file elsewhere'),
  unpack: optional(flag(), 'false leaves an archive as the file it is'),
  only,
  instead,
  or,
});
const git = object('a git origin', {
  git: required(repository, 'A repository'),
  revision: required(text({}, revisionFault), 'A commit, tag or branch; the lockfile pins the commit'),
  only,
  instead,
  or,
});
const svn = object('an svn origin', {
  svn: required(repository, 'A repository, down to the folder wanted'),
  revision: required(numberOrReference, 'A revision number'),
  only,
  instead,
  or,
});
const local = object('a local origin', {
  local: required(text({}, relativePathFault), 'A file or folder of the project, relative to its root'),
  only,
  instead,
  or,
});

const byKind = { debian, url, git, svn, local };

/** The origins of a source, the preferred one first. */
export const sourceShape: Shape<readonly Located<Origin>[]> = {
  schema: { $ref: '#/definitions/origin' },
  read: readOrigins,
};

/** What `#/definitions/origin` stands for. */
export const originSchema: JsonSchema = { oneOf: kinds.map((kind) => byKind[kind].schema) };

function readOrigins(node: YamlNode, report: Report): Located<Origin>[] | undefined {
  if (node.kind !== 'map') {
    wrongType(node, 'an origin as a mapping, such as { debian: package@version }', report);
    return undefined;
  }
  const found = node.entries.filter(({ name }) => (kinds as readonly string[]).includes(name));
  const [first, second] = found;
  if (first === undefined) {
    const place = node.entries[0]?.key ?? node.place;
    report('missing-key', place, `An origin needs one of the keys ${kinds.join(', ')}.`, () =>
      node.entries
        .map(({ name }) => suggestOrList(name, kinds, 'kinds of origin'))
        .find((hint) => hint !== undefined),
    );
    return undefined;
  }
  if (second !== undefined) {
    report(
      'unknown-key',
      second.key,
      `An origin is either ${first.name} or ${second.name}.`,
      `Put the second below "or:".`,
    );
    return undefined;
  }
  switch (first.name as (typeof kinds)[number]) {
    case 'debian': {
      const read = debian.read(node, report)?.fields;
      const origin = read?.debian && debianOrigin(read.debian, read.suite?.value);
      return withAlternatives(origin, read);
    }
    case 'url': {
      const read = url.read(node, report)?.fields;
      const origin = read?.url && urlOrigin(read.url, read.mirrors?.value, read.unpack?.value);
      return withAlternatives(origin, read);
    }
    case 'git': {
      const read = git.read(node, report)?.fields;
      const origin: Located<Origin> | undefined =
        read?.git &&
        read.revision &&
        locate({ kind: 'git', repository: read.git.value, revision: read.revision.value }, placeOf(read.git));
      return withAlternatives(origin, read);
    }
    case 'svn': {
      const read = svn.read(node, report)?.fields;
      const origin: Located<Origin> | undefined =
        read?.svn &&
        read.revision &&
        locate({ kind: 'svn', repository: read.svn.value, revision: read.revision.value }, placeOf(read.svn));
      return withAlternatives(origin, read);
    }
    case 'local': {
      const read = local.read(node, report)?.fields;
      const origin: Located<Origin> | undefined =
        read?.local && locate({ kind: 'local', path: read.local.value }, placeOf(read.local));
      return withAlternatives(origin, read);
    }
  }
}

function readAlternatives(node: YamlNode, report: Report): Located<Origin>[] | undefined {
  if (node.kind === 'list') return node.items.flatMap((item) => readAlternatives(item, report) ?? []);
  if (node.kind === 'map') return readOrigins(node, report);
  const address = webAddress.read(node, report);
  return address && [urlOrigin(address)];
}

/** What holds of an origin holds of its alternatives too, where they do not say otherwise. */
function withAlternatives(
  origin: Located<Origin> | undefined,
  read: CommonFields | undefined,
): Located<Origin>[] {
  const all = [...(origin === undefined ? [] : [origin]), ...(read?.or ?? [])];
  const paths = read?.only && [...new Set(read.only.value.map((path) => path.replace(/\/$/, '')))].sort();
  const common = {
    ...(paths === undefined ? {} : { only: paths }),
    ...(read?.instead === undefined ? {} : { instead: read.instead.value }),
  };
  return all.map(({ value, ...place }) => locate({ ...common, ...value }, place));
}

/** What every kind of origin may say. */
interface CommonFields {
  readonly only?: Located<readonly string[]> | undefined;
  readonly instead?: Located<string> | undefined;
  readonly or?: readonly Located<Origin>[] | undefined;
}

function debianOrigin(written: Located<string>, suite: string | undefined): Located<Origin> {
  // A version holds no "@", and neither does a package name.
  const split = written.value.lastIndexOf('@');
  return locate(
    {
      kind: 'debian',
      package: written.value.slice(0, split),
      version: written.value.slice(split + 1),
      ...(suite === undefined ? {} : { suite }),
    },
    placeOf(written),
  );
}

function urlOrigin(
  address: Located<string>,
  mirrors: readonly string[] = [],
  unpack = true,
): Located<Origin> {
  return locate({ kind: 'url', url: address.value, mirrors, unpack }, placeOf(address));
}

function placeOf({ file, span }: Located<string>): Pick<Located<string>, 'file' | 'span'> {
  return { file, span };
}

import type { Report } from '../../yaml/faults.ts';
import type { YamlNode } from '../../yaml/node.ts';
import { object, optional, required } from '../../yaml/object-shape.ts';
import { flag, list, text, word, type JsonSchema } from '../../yaml/shape.ts';

const archiveRoot = text({ pattern: '^(https?|file|copy):/' }, (written) =>
  /^(https?|file|copy):\/\S+$/.test(written) && URL.canParse(written)
    ? undefined
    : 'is not the address of an archive',
);

/** When what is made here is sent to the team's cache. */
export const pushPolicies = ['never', 'ci', 'always'] as const;
export type PushPolicy = (typeof pushPolicies)[number];

const cache = object("the team's cache", {
  url: required(
    text({ pattern: '^https?://' }, (written) => cacheUrlFault(written)),
    "Where it is: Bazel's HTTP caching protocol, GET, HEAD and PUT of /ac/KEY and /cas/SHA256 below it (docs/cache.md)",
  ),
  push: optional(
    word(pushPolicies),
    'When what is made here is sent there: never (the default), in CI (where the variable CI is set), or always',
  ),
  sign: optional(
    text(),
    'The SSH key to sign entries with, relative to the project or to your home folder (~/); a public key where the agent has the private one',
  ),
  trust: optional(
    text(),
    'A file of allowed signers (ssh-keygen(1)), relative to the project: what none of them has signed is not taken',
  ),
  private: optional(
    flag(),
    'true: share also what was made from files of yours, such as an installer or a disk',
  ),
});

/** What is wrong with the address of a cache, as the end of a sentence. */
export function cacheUrlFault(url: string): string | undefined {
  if (!/^https?:\/\/\S+$/.test(url) || !URL.canParse(url)) return 'is not an http or https address';
  const { username, password, search, hash } = new URL(url);
  if (username !== '' || password !== '') return 'holds a user: credentials belong into ~/.netrc';
  return search === '' && hash === '' ? undefined : 'ends with more than a path';
}

const registryHost = text({ pattern: '^[a-z0-9.:\\[\\]-]+$' }, (written) =>
  /^[a-z0-9.:[\]-]+$/.test(written) ? undefined : 'is not the name of a host, with its port where it has one',
);

const registry = object('the registries that products are pushed to', {
  private: optional(
    list(registryHost),
    'Hosts that only people pull from who may have what is pushed: products with software of Apple go to no other (docs/registry.md)',
  ),
});

const shape = object("a project's settings", {
  trust: optional(
    word(['host']),
    "host: this project's recipes may run on the host, outside of the sandbox (docs/trust.md)",
  ),
  mirrors: optional(
    list(archiveRoot),
    "Mirrors of Debian's archive, asked before those of the host. @SNAPSHOTID@ in an address stands for the date of a snapshot archive (docs/sources.md)",
  ),
  cache: optional(cache, "The team's cache: what one machine has made, the others do not make again"),
  registry: optional(registry, 'What may be pushed where'),
});

export const settingsSchema: JsonSchema = shape.schema;

/** What cidermill.yaml at a project's root says. */
export interface Settings {
  readonly trust?: 'host';
  /** Roots of Debian's archive; of a snapshot archive with `@SNAPSHOTID@` in it. */
  readonly mirrors: readonly string[];
  readonly cache?: CacheSettings;
  /** Hosts, with their ports. */
  readonly registry: { readonly private: readonly string[] };
}

/** What a project says of its team's cache; files as they are written. */
export interface CacheSettings {
  readonly url: string;
  readonly push?: PushPolicy;
  readonly sign?: string;
  readonly trust?: string;
  readonly private: boolean;
}

export function readSettings(node: YamlNode, report: Report): Settings | undefined {
  const read = shape.read(node, report);
  if (read === undefined) return undefined;
  const { trust, mirrors, cache: shared, registry: registries } = read.fields;
  const settings = shared === undefined ? undefined : cacheSettings(shared.fields);
  return {
    ...(trust === undefined ? {} : { trust: trust.value }),
    mirrors: mirrors?.value ?? [],
    ...(settings === undefined ? {} : { cache: settings }),
    registry: { private: registries?.fields.private?.value ?? [] },
  };
}

type CacheFields = NonNullable<ReturnType<typeof cache.read>>['fields'];

/** Undefined where the address will not do, which has been reported. */
function cacheSettings({ url, push, sign, trust, private: open }: CacheFields): CacheSettings | undefined {
  if (url === undefined) return undefined;
  return {
    url: url.value,
    ...(push === undefined ? {} : { push: push.value }),
    ...(sign === undefined ? {} : { sign: sign.value }),
    ...(trust === undefined ? {} : { trust: trust.value }),
    private: open?.value ?? false,
  };
}

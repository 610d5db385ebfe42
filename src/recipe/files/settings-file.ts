import type { Report } from '../../yaml/faults.ts';
import type { YamlNode } from '../../yaml/node.ts';
import { object, optional } from '../../yaml/object-shape.ts';
import { list, text, word, type JsonSchema } from '../../yaml/shape.ts';

const archiveRoot = text({ pattern: '^(https?|file|copy):/' }, (written) =>
  /^(https?|file|copy):\/\S+$/.test(written) && URL.canParse(written)
    ? undefined
    : 'is not the address of an archive',
);

const shape = object("a project's settings", {
  trust: optional(
    word(['host']),
    "host: this project's recipes may run on the host, outside of the sandbox (docs/trust.md)",
  ),
  mirrors: optional(
    list(archiveRoot),
    "Mirrors of Debian's archive, asked before those of the host. @SNAPSHOTID@ in an address stands for the date of a snapshot archive (docs/sources.md)",
  ),
});

export const settingsSchema: JsonSchema = shape.schema;

/** What cidermill.yaml at a project's root says. */
export interface Settings {
  readonly trust?: 'host';
  /** Roots of Debian's archive; of a snapshot archive with `@SNAPSHOTID@` in it. */
  readonly mirrors: readonly string[];
}

export function readSettings(node: YamlNode, report: Report): Settings | undefined {
  const read = shape.read(node, report);
  if (read === undefined) return undefined;
  const { trust, mirrors } = read.fields;
  return { ...(trust === undefined ? {} : { trust: trust.value }), mirrors: mirrors?.value ?? [] };
}

import type { Environment } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import type { Report } from '../../yaml/faults.ts';
import { object, optional } from '../../yaml/object-shape.ts';
import { list, locate, name, text, word, wrongType, type Shape } from '../../yaml/shape.ts';
import type { YamlNode } from '../../yaml/node.ts';

const tool = text({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.+-]*$' }, (program) =>
  /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}$/.test(program) ? undefined : 'is not the name of a program',
);

const fields = object('an environment', {
  buildroot: optional(
    {
      ...name(),
      schema: { anyOf: [name().schema, { type: 'string', pattern: '\\$\\{' }] },
    },
    'The root filesystem its commands see: recipes/buildroots/NAME.yaml',
  ),
  host: optional(
    list(tool, 1),
    "The host's own tools, whose versions enter the cache key; beside a buildroot, what stands in for it with --environment host",
  ),
  versions: optional(
    word(['any']),
    "any: whatever their versions, the host's tools make the same bytes; the versions are in the provenance and not in the cache key",
  ),
});

export const environmentShape: Shape<Located<Environment>> = {
  schema: {
    anyOf: [{ const: 'none' }, { ...fields.schema, minProperties: 1 }],
  },
  read(node: YamlNode, report: Report) {
    if (node.kind === 'scalar' && node.value === 'none') return locate({ kind: 'none' }, node.place);
    if (node.kind !== 'map') {
      wrongType(node, '{ buildroot: NAME }, { host: [TOOL, …] } or none', report);
      return undefined;
    }
    const read = fields.read(node, report);
    const buildroot = read?.fields.buildroot;
    const host = read?.fields.host;
    const versions = read?.fields.versions;
    if (buildroot !== undefined && versions !== undefined) {
      report(
        'bad-value',
        versions,
        'A buildroot has the versions that the lockfile names.',
        'Take "versions: any" away.',
      );
      return undefined;
    }
    if (buildroot !== undefined) {
      const { value, file, span } = buildroot;
      const hostTools = host === undefined ? {} : { hostTools: host.value };
      return locate({ kind: 'buildroot', name: value, ...hostTools }, { file, span });
    }
    if (host !== undefined)
      return locate(
        { kind: 'host', tools: host.value, ...(versions === undefined ? {} : { versions: versions.value }) },
        host,
      );
    if (node.entries.length === 0)
      report(
        'missing-key',
        node.place,
        'An environment needs the key "buildroot" or "host".',
        'Or write none.',
      );
    return undefined;
  },
};

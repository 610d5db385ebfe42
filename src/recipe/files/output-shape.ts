import type { Report } from '../../yaml/faults.ts';
import type { Located } from '../../yaml/located.ts';
import { object, optional, required } from '../../yaml/object-shape.ts';
import { relativePathFault } from '../../yaml/relative-path.ts';
import { text, type Shape } from '../../yaml/shape.ts';
import type { YamlNode } from '../../yaml/node.ts';

/** An output as a recipe declares it. */
export interface WrittenOutput {
  readonly path: Located<string>;
  readonly summary?: Located<string>;
  /** Why two runs of the same action may make different bytes; absent: they may not. */
  readonly varies?: Located<string>;
}

const path = text({}, relativePathFault);

const fields = object('an output', {
  path: required(path, 'Its path inside the artifact; a trailing "/" marks a directory'),
  summary: optional(text(), 'What it is, in one line'),
  varies: optional(
    text(),
    'Why it may differ between two runs of the same action: what is measured, e.g. a time. Without it, it must not',
  ),
});

/** A path, or `{ path, summary, varies }`. */
export const outputShape: Shape<WrittenOutput> = {
  schema: { anyOf: [path.schema, fields.schema] },
  read(node: YamlNode, report: Report) {
    if (node.kind !== 'map') {
      const written = path.read(node, report);
      return written && { path: written };
    }
    const read = fields.read(node, report)?.fields;
    if (read?.path === undefined) return undefined;
    const { path: place, summary, varies } = read;
    return {
      path: place,
      ...(summary === undefined ? {} : { summary }),
      ...(varies === undefined ? {} : { varies }),
    };
  },
};

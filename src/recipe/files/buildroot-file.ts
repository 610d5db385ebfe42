import type { Report } from '../../yaml/faults.ts';
import type { Buildroot } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import { checkName, type FileName } from '../../yaml/file-name.ts';
import { object, required } from '../../yaml/object-shape.ts';
import { list, locate, name, text, type JsonSchema } from '../../yaml/shape.ts';
import type { YamlNode } from '../../yaml/node.ts';

const debianName = text({ pattern: '^[a-z0-9][a-z0-9+.-]+$' }, (written) =>
  /^[a-z0-9][a-z0-9+.-]{1,127}$/.test(written) ? undefined : 'is not the name of a Debian package',
);
const suiteName = text({ pattern: '^[a-z][a-z0-9-]*$' }, (written) =>
  /^[a-z][a-z0-9-]{0,63}$/.test(written) ? undefined : 'is not the name of a Debian suite',
);

const shape = object('a buildroot', {
  buildroot: required(name(), "The buildroot's name, which is also its file's"),
  summary: required(text(), 'What it is for, in one line'),
  suite: required(suiteName, 'A Debian suite, such as bookworm'),
  packages: required(
    list(debianName),
    'Debian packages beyond the essential ones; recipes/lock.yaml pins them all',
  ),
});

export const buildrootSchema: JsonSchema = shape.schema;

/** A buildroot with the places of what goes to the recipe that makes it. */
export interface BuildrootFile {
  readonly buildroot: Buildroot;
  readonly suite: Located<string>;
  readonly packages: Located<readonly string[]>;
}

export function readBuildroot(node: YamlNode, of: FileName, report: Report): BuildrootFile | undefined {
  const read = shape.read(node, report);
  if (read === undefined) return undefined;
  const { buildroot: written, summary, suite, packages } = read.fields;
  checkName(written, of.name, report);
  const { file, span } = written ?? read.place;
  const place = { file, span };
  const known = { suite: suite ?? locate('', place), packages: packages ?? locate([], place) };
  return {
    ...known,
    buildroot: {
      ...place,
      name: of.name,
      summary: summary?.value ?? '',
      distribution: 'debian',
      suite: known.suite.value,
      packages: known.packages.value,
    },
  };
}

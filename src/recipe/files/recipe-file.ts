import type { Place, SecondPlace } from '../../base/index.ts';
import { environmentShape } from './environment-shape.ts';
import type { Report } from '../../yaml/faults.ts';
import type { Recipe, Source } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import { originSchema, sourceShape } from './origin-shape.ts';
import { declareParameters, recipeParameters } from './parameter/shape.ts';
import { needsShape } from './needs-shape.ts';
import { object, optional, required } from '../../yaml/object-shape.ts';
import { outputShape, type WrittenOutput } from './output-shape.ts';
import { relativePathFault } from '../../yaml/relative-path.ts';
import {
  anything,
  list,
  locate,
  name,
  named,
  text,
  type JsonSchema,
  type Named,
  type Shape,
} from '../../yaml/shape.ts';
import { defaultsOf, fillIn, isTemplate, recipeScope } from './recipe-template.ts';
import { checkName, type FileName } from '../../yaml/file-name.ts';
import type { FindTable } from './table-file.ts';
import type { YamlNode } from '../../yaml/node.ts';

const scriptPath = text({ pattern: '\\.m?[jt]s$' }, (path) =>
  /\.m?[jt]s$/.test(path) ? relativePathFault(path) : 'is not a script, a .ts, .mts, .js or .mjs file',
);

const filePath = text({}, relativePathFault);

const shape = object('a recipe', {
  recipe: required(name(), "The recipe's name, which is also its file's"),
  summary: required(text(), 'What it makes, in one line'),
  parameters: optional(recipeParameters, 'What a pipeline can choose'),
  inputs: optional(named(text()), 'What it takes from other steps: name → what it is'),
  sources: optional(named(anything(sourceShape.schema)), 'What it is made from, pinned in recipes/lock.yaml'),
  environment: required(anything(environmentShape.schema), 'Where its commands run'),
  needs: optional(needsShape, 'What the machine that makes it must have: kvm, or free space as disk:SIZE'),
  script: required(scriptPath, "The script that makes it, relative to the project's root"),
  'script-files': optional(
    list(filePath),
    "What the script reads or starts by new URL(…, import.meta.url), relative to the project's root; imports need no mention",
  ),
  check: optional(
    scriptPath,
    'A script that looks at the parameters, and at the files and folders of the user that are given, before any step runs',
  ),
  outputs: required(
    named(outputShape, 1),
    'What it makes: name → path inside the artifact (a trailing "/" marks a directory), or { path, summary, varies }',
  ),
});

export const recipeSchema: JsonSchema = { ...shape.schema, definitions: { origin: originSchema } };

/** @returns as much of the recipe as could be read: what depends on it can still be checked */
export function readRecipe(
  node: YamlNode,
  of: FileName,
  report: Report,
  tables: FindTable,
): Recipe | undefined {
  const read = shape.read(node, report);
  if (read === undefined) return undefined;
  const { fields } = read;
  checkName(fields.recipe, of.name, report);
  const parameters = declareParameters(fields.parameters, { pipeline: false, tables }, report);
  for (const [input, { key }] of fields.inputs ?? []) {
    const parameter = fields.parameters?.get(input);
    if (parameter !== undefined && parameters.has(input))
      report('name-conflict', key, `"${input}" is a parameter as well.`, 'A step gives both below "with".', {
        ...parameter.key,
        message: 'The parameter is declared here.',
      });
  }
  const outputs = fields.outputs ?? new Map<string, Named<WrittenOutput>>();
  const paths = new Map(
    [...outputs].map(([output, { key, value }]) => [output, { key, value: value?.path }] as const),
  );
  checkOutputs(paths, report);
  const scope = recipeScope(parameters, defaultsOf(parameters, report), report);
  const readWith = <T>(form: Shape<T>, written: YamlNode | undefined): T | undefined =>
    written && form.read(isTemplate(written) ? fillIn(written, scope, report) : written, report);
  const { environment } = fields;
  return {
    ...of,
    summary: fields.summary?.value ?? '',
    parameters,
    inputs: valuesOf(fields.inputs),
    sources: new Map(
      [...(fields.sources ?? [])].map(([source, { key, value }]): [string, Source] => [
        source,
        {
          name: source,
          origins: readWith(sourceShape, value) ?? [],
          ...(value !== undefined && isTemplate(value) ? { template: value } : {}),
          ...key,
        },
      ]),
    ),
    environment: readWith(environmentShape, environment) ?? locate({ kind: 'none' }, read.place),
    ...(environment !== undefined && isTemplate(environment) ? { environmentTemplate: environment } : {}),
    ...(fields.needs === undefined ? {} : { needs: fields.needs }),
    script: fields.script ?? locate('', read.place),
    scriptFiles: fields['script-files'] ?? locate([], read.place),
    ...(fields.check === undefined ? {} : { check: fields.check }),
    outputs: valuesOf(paths),
    summaries: new Map(
      [...outputs].flatMap(([output, { value }]) => (value?.summary ? [[output, value.summary.value]] : [])),
    ),
    varies: new Map(
      [...outputs].flatMap(([output, { value }]) => (value?.varies ? [[output, value.varies]] : [])),
    ),
  };
}

/** Names stay where their value is faulty. */
function valuesOf(
  read: ReadonlyMap<string, Named<Located<string>>> | undefined,
): Map<string, Located<string>> {
  return new Map([...(read ?? [])].map(([key, { key: place, value }]) => [key, value ?? locate('', place)]));
}

/** No two outputs may be the same path or lie inside one another. */
function checkOutputs(outputs: ReadonlyMap<string, Named<Located<string>>>, report: Report): void {
  const paths = [...outputs].flatMap(([output, { value }]) =>
    value === undefined ? [] : [{ output, place: value, path: value.value.replace(/\/$/, '') }],
  );
  const owners = new Map<string, (typeof paths)[number]>();
  for (const { output, place, path } of paths) {
    const owner = owners.get(path);
    if (owner === undefined) owners.set(path, { output, place, path });
    else
      report(
        'output-conflict',
        place,
        `The outputs "${owner.output}" and "${output}" are the same path.`,
        undefined,
        declaredHere(owner),
      );
  }
  for (const { output, place, path } of paths) {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const owner = owners.get(path.slice(0, slash));
      if (owner !== undefined)
        report(
          'output-conflict',
          place,
          `The output "${output}" lies inside the output "${owner.output}".`,
          undefined,
          declaredHere(owner),
        );
    }
  }
}

function declaredHere({ output, place }: { readonly output: string; readonly place: Place }): SecondPlace {
  return { file: place.file, span: place.span, message: `The output "${output}" is declared here.` };
}

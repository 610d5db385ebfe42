import { buildrootSchema } from './buildroot-file.ts';
import { guestSchema } from '../../guest/guest-file.ts';
import { macSchema } from '../../guest/mac-file.ts';
import { pipelineSchema } from './pipeline-file.ts';
import { recipeSchema } from './recipe-file.ts';
import { routeSchema } from '../../route/route-file.ts';
import { settingsSchema } from './settings-file.ts';
import { tableSchema } from './table-file.ts';
import type { JsonSchema } from '../../yaml/shape.ts';

const schemas: readonly (readonly [name: string, schema: JsonSchema])[] = [
  ['recipe', recipeSchema],
  ['pipeline', pipelineSchema],
  ['buildroot', buildrootSchema],
  ['table', tableSchema],
  ['route', routeSchema],
  ['guest', guestSchema],
  ['mac', macSchema],
  ['settings', settingsSchema],
];

/** File name in schema/ → its text: JSON schemas of draft 7, for editors, of the same shapes that read the files. */
export function jsonSchemas(): ReadonlyMap<string, string> {
  return new Map(
    schemas.map(([name, schema]) => [
      `${name}.schema.json`,
      `${JSON.stringify(
        {
          $schema: 'http://json-schema.org/draft-07/schema#',
          $id: `urn:cidermill:schema:${name}`,
          title: `cidermill ${name}`,
          ...schema,
        },
        null,
        2,
      )}\n`,
    ]),
  );
}

import { capital, type Place } from '../base/index.ts';
import { shorten, wrongType, type Shape } from './shape.ts';
import { suggestOrList } from './suggest.ts';

export interface Field<T> {
  readonly shape: Shape<T>;
  readonly required: boolean;
  readonly summary: string;
}

export function required<T>(shape: Shape<T>, summary: string): Field<T> {
  return { shape, required: true, summary };
}

export function optional<T>(shape: Shape<T>, summary: string): Field<T> {
  return { shape, required: false, summary };
}

type Fields = Readonly<Record<string, Field<unknown>>>;

/** What was read of an object's fields: one is undefined when it is absent or will not do. */
export interface ReadObject<F extends Fields> {
  readonly place: Place;
  readonly has: (key: keyof F & string) => boolean;
  readonly fields: { readonly [K in keyof F]?: F[K] extends Field<infer T> ? T : never };
}

/** A mapping with known keys. `what` names it in a message: "a recipe". */
export function object<F extends Fields>(what: string, fields: F): Shape<ReadObject<F>> {
  const known = Object.keys(fields);
  const needed = known.filter((key) => fields[key]?.required === true);
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(fields).map(([key, { shape, summary }]) => [
          key,
          { description: summary, ...shape.schema },
        ]),
      ),
      ...(needed.length > 0 ? { required: needed } : {}),
      additionalProperties: false,
    },
    read(node, report) {
      if (node.kind !== 'map') {
        wrongType(node, `${what} as a mapping`, report);
        return undefined;
      }
      const values: Record<string, unknown> = {};
      const present = new Set<string>();
      for (const { name: key, key: place, value } of node.entries) {
        const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
        if (field === undefined) {
          report('unknown-key', place, `${capital(what)} has no key "${shorten(key)}".`, () => {
            const others = known.filter((other) => !node.entries.some((entry) => entry.name === other));
            return others.length === 0 ? undefined : suggestOrList(key, others, 'other keys');
          });
          continue;
        }
        present.add(key);
        const read = field.shape.read(value, report);
        if (read !== undefined) values[key] = read;
      }
      const missing = needed.filter((key) => !present.has(key));
      if (missing.length > 0) {
        // The first key stands for the mapping: a caret under all of it would say less.
        const place = node.entries[0]?.key ?? node.place;
        for (const key of missing)
          report(
            'missing-key',
            place,
            `${capital(what)} needs the key "${key}".`,
            `${fields[key]?.summary ?? ''}.`,
          );
      }
      return { place: node.place, has: (key) => present.has(key), fields: values as ReadObject<F>['fields'] };
    },
  };
}

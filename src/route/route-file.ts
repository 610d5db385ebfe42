import type { Place } from '../base/index.ts';
import type { Milestone, BootStep, Where } from '../vm/index.ts';
import { keyNames, keysOf } from '../vm/screen/keyboard.ts';
import type { Report } from '../yaml/faults.ts';
import type { Located } from '../yaml/located.ts';
import { object, optional, required, type ReadObject } from '../yaml/object-shape.ts';
import { parseTemplate } from '../yaml/template.ts';
import { list, locate, name, positive, shorten, text, type JsonSchema, type Shape } from '../yaml/shape.ts';
import { suggest, suggestOrList } from '../yaml/suggest.ts';
import type { YamlNode } from '../yaml/node.ts';

const wheres: readonly Where[] = ['screen', 'console', 'serial', 'display'];

const patternRule = 'text that a line holds, or a regular expression as "/^boot: /"';

const sight = object('an observation', {
  screen: optional(text(), `On the text screen: ${patternRule}`),
  console: optional(text(), `On the debug console: ${patternRule}`),
  serial: optional(text(), `On the serial line: ${patternRule}`),
  display: optional(text(), 'The size of the display in pixels, as "1280x1024"'),
});

function located<T extends { readonly place: Place }>(of: Shape<T>): Shape<Located<T>> {
  return {
    schema: of.schema,
    read: (node, report) => {
      const read = of.read(node, report);
      return read && locate(read, read.place);
    },
  };
}

const keys: Shape<Located<readonly string[]>> = {
  schema: { type: 'string', pattern: '^[a-z0-9_]+(-[a-z0-9_]+)*$' },
  read(node, report) {
    const written = text().read(node, report);
    const names = written?.value.split('-');
    const unknown = names?.find((key) => !keyNames.includes(key));
    if (written === undefined || names === undefined) return undefined;
    if (unknown === undefined) return locate(names, written);
    const hint = (): string =>
      suggest(unknown, keyNames) ?? "They have QEMU's names: ret, esc, spc, tab, up, down, f1 …";
    report('bad-value', written, `There is no key "${shorten(unknown)}".`, hint);
    return undefined;
  },
};

const stepFields = {
  see: optional(sight, 'What must be there before the next step'),
  as: optional(name(), "The milestone's name, in reports"),
  type: optional(text(), 'Text to type on a US keyboard'),
  press: optional(keys, 'A key, or several at once: ret, down, ctrl-alt-delete'),
  pick: optional(text(), `Moves a menu's highlight by the arrow keys to the row with this: ${patternRule}`),
  picture: optional(name(), 'Takes a picture of the display: NAME.png'),
};

const verbs = ['see', 'type', 'press', 'pick', 'picture'] as const;

const stepObject = object('a step', stepFields);

const step: Shape<ReadObject<typeof stepFields>> = {
  schema: { ...stepObject.schema, minProperties: 1 },
  read(node, report) {
    const read = stepObject.read(node, report);
    if (read === undefined) return undefined;
    const present = verbs.filter((verb) => read.has(verb));
    if (present.length !== 1)
      report('bad-value', read.place, `A step has one of ${verbs.join(', ')}, not ${present.length}.`);
    else if (read.has('as') && !read.has('see'))
      report('bad-value', read.place, 'Only what is seen can have a name.', 'Remove "as".');
    return read;
  },
};

const shape = object('a route', {
  route: required(name(), "The route's name"),
  summary: required(text(), 'Where it leads, in one line'),
  'gives-up': optional(
    list(located(sight), 1),
    'What shows that the rest will not come; any of these ends the wait',
  ),
  steps: required(list(located(step), 1), 'What is seen and done, in order'),
  end: optional(
    object('an end', {
      press: optional(keys, 'What lets the guest go on to its end, after the last picture'),
      exit: required(positive(), "QEMU's exit status by which the guest says that all is well"),
    }),
    'How the guest itself ends QEMU; without it QEMU is ended after the last step',
  ),
});

export const routeSchema: JsonSchema = shape.schema;

/** What a smoke boot sees and does on its way from the firmware to the kernel. */
export interface Route {
  readonly name: string;
  readonly steps: readonly BootStep[];
  readonly givesUp: readonly Omit<Milestone, 'name'>[];
  readonly end?: { readonly press?: readonly string[]; readonly exit: number };
}

/**
 * @param values what `${name}` stands for in patterns and typed text
 * @returns as much as could be read; what is wrong has been reported
 */
export function readRoute(
  node: YamlNode,
  values: ReadonlyMap<string, string>,
  report: Report,
): Route | undefined {
  const read = shape.read(node, report);
  if (read === undefined) return undefined;
  const { route, steps, end, 'gives-up': givesUp } = read.fields;
  const filled = filler(values, report);
  const exit = end?.fields.exit?.value;
  const press = end?.fields.press?.value;
  return {
    name: route?.value ?? '',
    steps: (steps?.value ?? []).flatMap((each, index) => stepOf(each, index + 1, filled, report) ?? []),
    givesUp: (givesUp?.value ?? []).flatMap((each) => milestoneOf(each, filled, report) ?? []),
    ...(exit !== undefined && { end: { exit, ...(press && { press }) } }),
  };
}

type Filler = (written: Located<string>, quote?: (value: string) => string) => string | undefined;

/** Puts values in the place of `${name}`. */
function filler(values: ReadonlyMap<string, string>, report: Report): Filler {
  return (written, quote = (value) => value) => {
    const { parts, faults } = parseTemplate(written.value);
    for (const { message } of faults) report('bad-reference', written, message);
    const filled = parts.map((part) => {
      if (typeof part === 'string') return part;
      const value = part.output === undefined ? values.get(part.name) : undefined;
      if (value === undefined) {
        const shown = part.output === undefined ? part.name : `${part.name}.${part.output}`;
        report('unknown-reference', written, `There is no value "${shown}".`, () =>
          suggestOrList(part.name, values.keys(), 'values'),
        );
      }
      return value === undefined ? undefined : quote(value);
    });
    return faults.length > 0 || filled.includes(undefined) ? undefined : filled.join('');
  };
}

function stepOf(
  { fields }: ReadObject<typeof stepFields>,
  number: number,
  filled: Filler,
  report: Report,
): BootStep | undefined {
  const { see, as, type, press, pick, picture } = fields;
  if (see !== undefined) {
    const seen = milestoneOf(see, filled, report);
    return seen && { name: as?.value ?? `step ${number}`, ...seen };
  }
  if (type !== undefined) {
    const typed = filled(type);
    const odd = typed === undefined ? undefined : Array.from(typed).find((c) => keysOf(c) === undefined);
    if (odd !== undefined)
      report('bad-value', type, `${JSON.stringify(odd)} cannot be typed on the US layout.`);
    return typed === undefined || odd !== undefined ? undefined : { kind: 'type', text: typed };
  }
  if (press !== undefined) return { kind: 'press', keys: press.value };
  if (pick !== undefined) {
    const pattern = patternOf(pick, filled, report);
    return pattern === undefined ? undefined : { kind: 'pick', pattern };
  }
  return picture && { kind: 'picture', name: picture.value };
}

function milestoneOf(
  read: { readonly place: Place; readonly fields: { readonly [K in Where]?: Located<string> | undefined } },
  filled: Filler,
  report: Report,
): Omit<Milestone, 'name'> | undefined {
  const present = wheres.filter((where) => read.fields[where] !== undefined);
  const [where] = present;
  const written = where && read.fields[where];
  if (where === undefined || written === undefined || present.length > 1) {
    report('bad-value', read.place, `An observation has one of ${wheres.join(', ')}, not ${present.length}.`);
    return undefined;
  }
  const pattern = patternOf(written, filled, report);
  return pattern === undefined ? undefined : { where, pattern };
}

function patternOf(written: Located<string>, filled: Filler, report: Report): string | RegExp | undefined {
  if (!/^\/.+\/$/s.test(written.value)) return filled(written);
  const source = filled(written, (value) => value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))?.slice(1, -1);
  try {
    return source === undefined ? undefined : new RegExp(source);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    report('bad-value', written, `This is not a regular expression: ${error.message}.`);
    return undefined;
  }
}

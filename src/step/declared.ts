import { Failure } from '../base/index.ts';
import type { ParameterValue } from './protocol.ts';

type Named<T> = Readonly<Record<string, T>>;

/** The value of a name that the recipe declares. @throws Failure 'undeclared' that says which names it declares */
export function declared<T>(
  kind: 'source' | 'input' | 'parameter' | 'output',
  values: Named<T>,
  name: string,
): T {
  if (Object.hasOwn(values, name)) return values[name] as T;
  const names = Object.keys(values).map((each) => `"${each}"`);
  const known = names.length === 0 ? `It declares no ${kind}s.` : `Its ${kind}s: ${names.join(', ')}.`;
  throw new Failure(
    'undeclared',
    `the script asks for the ${kind} "${name}", which its recipe does not declare`,
    {
      hint: known,
    },
  );
}

/** Readers of parameters, each of the type that the recipe declares. */
export interface Parameters {
  readonly text: (name: string) => string;
  /** Of an integer; of a size its bytes. */
  readonly number: (name: string) => number;
  readonly flag: (name: string) => boolean;
  readonly list: (name: string) => readonly string[];
}

export function parameterReaders(values: Named<ParameterValue>): Parameters {
  const read = (name: string, reader: keyof Parameters): ParameterValue => {
    const value = declared('parameter', values, name);
    const fitting = readerOf(value);
    if (fitting === reader) return value;
    throw new Failure(
      'parameter-type',
      `the script reads the parameter "${name}" by ${reader}('${name}'), and it is ${kinds[fitting]}`,
      { hint: `Read it by ${fitting}('${name}').` },
    );
  };
  return {
    text: (name) => read(name, 'text') as string,
    number: (name) => read(name, 'number') as number,
    flag: (name) => read(name, 'flag') as boolean,
    list: (name) => read(name, 'list') as readonly string[],
  };
}

const kinds = { text: 'text', number: 'a number', flag: 'true or false', list: 'a list' } as const;

function readerOf(value: ParameterValue): keyof Parameters {
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return 'number';
    case 'boolean':
      return 'flag';
    default:
      return 'list';
  }
}

import { writeSync } from 'node:fs';
import { Failure } from '../base/index.ts';
import type { CheckEvent, CheckRequest } from './check-protocol.ts';
import type { ParameterValue } from './protocol.ts';
import { readRequest } from './request.ts';

/** What a recipe's check works with, before any step runs. It may look, and change nothing. */
export interface Check {
  /**
   * The absolute path of a source's folder, where it is here already: the user's own folder, or one of the project.
   * Undefined for a source that is still to be fetched.
   */
  readonly source: (name: string) => string | undefined;
  /** The absolute path of the user's own file that is given as an input. Undefined for the output of another step. */
  readonly input: (name: string) => string | undefined;
  readonly text: (name: string) => string;
  readonly number: (name: string) => number;
  readonly flag: (name: string) => boolean;
  readonly list: (name: string) => readonly string[];
  /** Reports what keeps the step from passing: nothing is run then. More than one may be reported. */
  readonly fault: (message: string, more?: CheckRemark) => void;
  /** Reports what a person will want to know before the step runs. */
  readonly note: (message: string, more?: CheckRemark) => void;
}

export interface CheckRemark {
  /** The source, input or parameter it is about: its place is shown with the message. */
  readonly about?: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Reads what the engine asks, for a script that a recipe names as its `check`. */
export async function check(): Promise<Check> {
  const request = readRequest() as unknown as CheckRequest;
  const value = <T extends ParameterValue>(
    name: string,
    is: (value: ParameterValue) => value is T,
    type: string,
  ): T => {
    const found = declared('parameter', name, request.parameters);
    if (is(found)) return found;
    throw new Failure(
      'parameter-type',
      `the check reads the parameter "${name}" as ${type}, but it has another type`,
    );
  };
  process.on('uncaughtException', (error) => {
    send({ type: 'failure', message: error.message });
    console.error(error);
    process.exit(1);
  });
  return Promise.resolve({
    source: (name) => declared('source', name, request.sources) ?? undefined,
    input: (name) => declared('input', name, request.inputs) ?? undefined,
    text: (name) => value(name, (each) => typeof each === 'string', 'text'),
    number: (name) => value(name, (each) => typeof each === 'number', 'a number'),
    flag: (name) => value(name, (each) => typeof each === 'boolean', 'true or false'),
    list: (name) => value(name, (each): each is readonly string[] => Array.isArray(each), 'a list'),
    fault: (message, more) => send({ type: 'fault', message, ...more }),
    note: (message, more) => send({ type: 'note', message, ...more }),
  });
}

/** @throws Failure 'undeclared' on a name that the recipe does not declare, with those it does */
function declared<T>(what: string, name: string, record: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(record, name)) return record[name] as T;
  const known = Object.keys(record);
  throw new Failure(
    'undeclared',
    `the check uses the ${what} "${name}", which its recipe does not declare; declared: ${known.join(', ') || 'none'}`,
  );
}

function send(event: CheckEvent): void {
  writeSync(3, `${JSON.stringify(event)}\n`);
}

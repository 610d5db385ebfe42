import { printable, printableLines } from '../../../text/printable.ts';
import { millisecondsOf, type RunOutcome, type StepOutcome } from './outcome.ts';

interface Case {
  readonly name: string;
  readonly milliseconds: number;
  /** Markup inside of it. */
  readonly inside: string;
  readonly kind: 'passed' | 'failed' | 'error' | 'skipped';
}

/**
 * A run as JUnit's XML, which GitLab, Jenkins and others show: a test case for each step and product, and for each fault
 * that kept the run from beginning. A cached step has passed. Times are in seconds.
 */
export function junitXml(run: RunOutcome): string {
  const cases = [
    ...run.faults.map(faultCase),
    ...run.steps.map(stepCase),
    ...run.products.map(({ product }): Case => ({ ...passed, name: `product ${product}` })),
    ...run.unpublished.map(({ product, message, hint }): Case => ({
      ...passed,
      name: `product ${product}`,
      kind: 'failed',
      inside: element('failure', { message: firstLine(message), type: 'product-failed' }, hint ?? message),
    })),
  ];
  const count = (kind: Case['kind']): number => cases.filter((one) => one.kind === kind).length;
  const counts = {
    tests: cases.length,
    failures: count('failed'),
    errors: count('error'),
    skipped: count('skipped'),
    time: seconds(run.finished?.milliseconds ?? cases.reduce((sum, one) => sum + one.milliseconds, 0)),
  };
  const { pipeline: name } = run;
  const timestamp = new Date(run.started).toISOString().slice(0, 19);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'cidermill', ...counts, skipped: undefined })}>`,
    `  <testsuite${attributes({ name, timestamp, hostname: 'localhost', ...counts })}>`,
    ...cases.map(
      ({ name: of, milliseconds, inside }) =>
        `    <testcase${attributes({ classname: name, name: of, time: seconds(milliseconds) })}${inside === '' ? '/>' : `>${inside}</testcase>`}`,
    ),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const passed = { milliseconds: 0, kind: 'passed', inside: '' } as const;

function faultCase({ code, message, hint, file, line, column }: RunOutcome['faults'][number]): Case {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const text = [place, message, ...(hint === undefined ? [] : [`hint: ${hint}`])];
  return {
    name: place === '' ? code : `${place} ${code}`,
    milliseconds: 0,
    kind: 'error',
    inside: element(
      'error',
      { message: firstLine(message), type: code },
      text.filter((one) => one !== '').join('\n'),
    ),
  };
}

function stepCase(outcome: StepOutcome): Case {
  const one = { ...passed, name: outcome.step, milliseconds: millisecondsOf(outcome) };
  switch (outcome.result) {
    case 'cached':
    case 'done': {
      const head = outcome.result === 'cached' ? 'cached' : outcome.why.join('\n');
      const text = [head, ...outcome.end.notes].filter((line) => line !== '').join('\n');
      return text === '' ? one : { ...one, inside: element('system-out', {}, text) };
    }
    case 'failed': {
      const { message, code, hint, tail, log } = outcome.end;
      const text = [
        message,
        ...(hint === undefined ? [] : [`hint: ${hint}`]),
        ...tail.map((line) => `| ${line}`),
        ...(log === undefined ? [] : [`log: ${log}`]),
      ];
      return {
        ...one,
        kind: 'failed',
        inside: element('failure', { message: firstLine(message), type: code }, text.join('\n')),
      };
    }
    case 'skipped':
      return {
        ...one,
        kind: 'skipped',
        inside: `<skipped${attributes({ message: outcome.because })}/>`,
      };
    case 'unfinished':
      return {
        ...one,
        kind: 'error',
        inside: element('error', { message: 'the run ended before it', type: 'interrupted' }, ''),
      };
  }
}

function element(name: string, given: Readonly<Record<string, string>>, text: string): string {
  return `<${name}${attributes(given)}>${escape(printableLines(text).join('\n'))}</${name}>`;
}

function attributes(given: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(given)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escape(printable(String(value)))}"`))
    .join('');
}

function firstLine(message: string): string {
  return printableLines(message)[0] ?? '';
}

function seconds(milliseconds: number): string {
  return (Math.max(0, milliseconds) / 1000).toFixed(3);
}

/** Escaped for XML 1.0, without the two characters that are printable and that it forbids. */
function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[\ufffe\uffff]/g, '\ufffd').replace(/[&<>"]/g, (one) => entities[one] ?? '');
}

import type { Described, DescribedParameter } from '../../recipe/index.ts';
import type { Colours } from '../../text/colours.ts';
import { printable } from '../../text/printable.ts';
import { padTo, textWidth, wrap } from '../../text/text-width.ts';

const columns = 80;
const widestName = 22;

/** A pipeline or recipe, whole, in lines for a person. */
export function describedLines(described: Described, colours: Colours): string[] {
  const { kind, name, summary, file, own } = described;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', colours.bold(title), ...lines];
  return [
    `${colours.bold(printable(name))}  ${kind}, ${own ? 'of this project' : 'comes with cidermill'}: ${printable(file)}`,
    ...wrap(printable(summary), columns),
    ...section('Parameters (--set NAME=VALUE)', parameterLines(described.parameters)),
    ...section(
      'Inputs (--set NAME=FILE, or outputs of steps)',
      rows(described.inputs.map(({ name: input, summary: what }) => [input, what])),
    ),
    ...section(
      'Sources',
      rows(described.sources.map(({ name: source, origins }) => [source, origins.join(', or ')])),
    ),
    ...section('Environment', environmentLines(described)),
    ...section(
      'Steps',
      rows(
        described.steps.map((step) => [
          step.name,
          step.name === step.recipe ? step.summary : `${step.recipe}: ${step.summary}`,
        ]),
      ),
    ),
    ...section(
      'Outputs',
      rows(
        described.outputs.map((output) => [
          output.name,
          [output.path, output.summary].filter((text) => text !== '').join('  '),
        ]),
      ),
    ),
    ...section(
      'Products',
      rows(
        described.products.map(({ name: product, entries, gate }) => [
          product,
          `${entries.join(', ')}${gate === undefined ? '' : `; if ${gate} has passed`}`,
        ]),
      ),
    ),
  ];
}

/** What can be chosen, a parameter with its default and bounds, and below it what it is. */
export function parameterLines(parameters: readonly DescribedParameter[]): string[] {
  return rows(parameters.map((one) => [one.name, valueText(one), one.summary]));
}

function valueText({ type, values, minimum, maximum, pattern, ...rest }: DescribedParameter): string {
  const parts = [
    values === undefined ? type : `one of ${values.join(', ')}`,
    rest.default === undefined ? 'must be given' : `default ${rest.default === '' ? 'empty' : rest.default}`,
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(pattern === undefined ? [] : [`matches ${pattern}`]),
  ];
  return parts.join(', ');
}

function environmentLines({ environment, hostTools }: Described): string[] {
  const tools = hostTools.length === 0 ? [] : [['host tools', hostTools.join(', ')]];
  switch (environment?.kind) {
    case 'buildroot':
      return rows([['buildroot', environment.name], ...tools]);
    case 'none':
      return rows([['none', 'its script starts no commands']]);
    case 'host':
    case undefined:
      return rows(tools);
  }
}

/** Names in a column, and beside each its texts, each beginning a line. */
function rows(entries: readonly (readonly string[])[]): string[] {
  const width = Math.min(
    widestName,
    Math.max(0, ...entries.map(([name = '']) => textWidth(printable(name)))),
  );
  const indent = width + 4;
  return entries.flatMap(([name = '', ...texts]) => {
    const lines = texts
      .filter((text) => text !== '')
      .flatMap((text) => wrap(printable(text), columns - indent));
    const title = `  ${padTo(printable(name), width)}  `;
    const fits = textWidth(title) === indent;
    const [first = '', ...rest] = fits ? lines : ['', ...lines];
    return [(title + first).trimEnd(), ...rest.map((line) => ' '.repeat(indent) + line)];
  });
}

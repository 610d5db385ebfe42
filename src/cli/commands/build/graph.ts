import { Command, Option } from 'commander';
import type { Plan } from '../../../recipe/index.ts';
import { addPlanOptions, planOf, type PlanOptions } from '../../plan-options.ts';
import { openProject } from '../../workspace.ts';

type Form = 'text' | 'dot' | 'mermaid';

export function graphCommand(): Command {
  const command = new Command('graph')
    .description('Draw the steps of a pipeline and what they need, as text, Graphviz DOT or Mermaid.')
    .argument('<name>', 'a pipeline or a recipe')
    .addOption(
      new Option('--format <form>', 'how to draw it').choices(['text', 'dot', 'mermaid']).default('text'),
    )
    .addHelpText(
      'after',
      '\nExample:\n  cidermill graph quickstart --format dot | dot -Tsvg > quickstart.svg',
    )
    .action((name: string, flags: PlanOptions & { readonly format: Form }) => {
      const plan = planOf(openProject(command), name, flags);
      console.log({ text: drawText, dot: drawDot, mermaid: drawMermaid }[flags.format](plan));
    });
  return addPlanOptions(command);
}

/** Each step with what it needs, in an order that respects it. */
export function drawText(plan: Plan): string {
  const width = Math.max(...plan.steps.map(({ name }) => name.length));
  const steps = plan.steps.map(
    ({ name, after }) => `${name.padEnd(width)}${after.length > 0 ? `  ← ${after.join(', ')}` : ''}`,
  );
  const products = plan.products.map(({ name, gate, from }) => {
    const needs = [...new Set([...from.values()].map(({ value }) => value.step))];
    return `${name.padEnd(width)}  ⇐ ${needs.join(', ')}${gate === undefined ? '' : `, if ${gate} passes`}`;
  });
  return [...steps, ...products].map((line) => line.trimEnd()).join('\n');
}

function edges(plan: Plan): { from: string; to: string; label: string }[] {
  return plan.steps.flatMap((step) => [
    ...[...step.inputs].flatMap(([input, { value }]) =>
      value.kind === 'output' ? [{ from: value.step, to: step.name, label: input }] : [],
    ),
    ...(step.buildrootStep === undefined ? [] : [{ from: step.buildrootStep, to: step.name, label: '/' }]),
  ]);
}

export function drawDot(plan: Plan): string {
  const nodes = plan.steps.map(({ name }) => `  "${name}";`);
  const arrows = edges(plan).map(({ from, to, label }) => `  "${from}" -> "${to}" [label="${label}"];`);
  return [
    `digraph "${plan.pipeline}" {`,
    '  rankdir=LR;',
    '  node [shape=box];',
    ...nodes,
    ...arrows,
    '}',
  ].join('\n');
}

export function drawMermaid(plan: Plan): string {
  const ids = new Map(plan.steps.map(({ name }, index) => [name, `s${index}`]));
  const nodes = plan.steps.map(({ name }) => `  ${ids.get(name) ?? ''}["${name}"]`);
  const arrows = edges(plan).map(
    ({ from, to, label }) => `  ${ids.get(from) ?? ''} -->|"${label}"| ${ids.get(to) ?? ''}`,
  );
  return ['flowchart LR', ...nodes, ...arrows].join('\n');
}

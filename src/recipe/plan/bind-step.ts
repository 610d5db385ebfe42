import type { Place } from '../../base/index.ts';
import type { ParameterValue } from '../../step/protocol.ts';
import { checkReferences, evaluate } from '../files/evaluate.ts';
import type { Report } from '../../yaml/faults.ts';
import type { Binding, Parameter, Recipe } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import { holdsReferences } from '../files/parameter/shape.ts';
import { defaultsOf } from '../files/recipe-template.ts';
import { valueOfText, type ParameterType } from '../files/parameter/value.ts';
import type { PipelineStep } from '../files/pipeline-file.ts';
import type { Resolved, Scope } from '../files/resolved.ts';
import { locate, shorten, wrongType } from '../../yaml/shape.ts';
import { suggestOrList } from '../../yaml/suggest.ts';
import type { YamlNode } from '../../yaml/node.ts';
import { isWithin } from '../files/parameter/bounds.ts';

/** A step's recipe with all that it was given, before it has its place in the order. */
export interface BoundStep extends Place {
  readonly name: string;
  readonly recipe: Recipe;
  readonly parameters: ReadonlyMap<string, Located<ParameterValue>>;
  readonly inputs: ReadonlyMap<string, Located<Binding>>;
}

/** Checks what a pipeline gives a step and resolves it. @param recipe undefined when it is faulty */
export function bindStep(
  step: PipelineStep,
  recipe: Recipe | undefined,
  scope: Scope,
  report: Report,
): BoundStep | undefined {
  if (recipe === undefined) {
    for (const { value } of step.with.values())
      if (value !== undefined) checkReferences(value, scope, report);
    return undefined;
  }
  const parameters = new Map<string, Located<ParameterValue>>();
  const inputs = new Map<string, Located<Binding>>();
  for (const [name, { key, value: node }] of step.with) {
    const parameter = recipe.parameters.get(name);
    if (parameter === undefined && !recipe.inputs.has(name)) {
      reportUnknownParameter(recipe, name, key, report);
      if (node !== undefined) checkReferences(node, scope, report);
    } else if (node !== undefined && parameter !== undefined) {
      const value = parameterValue(parameter, node, scope, report);
      if (value !== undefined) parameters.set(name, value);
    } else if (node !== undefined) {
      const binding = inputBinding(name, node, scope, report);
      if (binding !== undefined) inputs.set(name, binding);
    }
  }
  addDefaults(recipe, parameters, step.key, (name) => step.with.has(name), report);
  for (const [name, summary] of recipe.inputs) {
    if (step.with.has(name)) continue;
    const what = `the input "${name}" (${shorten(summary.value)})`;
    report('missing-input', step.key, `The recipe ${recipe.name} needs ${what}.`, 'Give it below "with".');
  }
  return { name: step.name, recipe, parameters, inputs, ...step.key };
}

export function reportUnknownParameter(recipe: Recipe, name: string, place: Place, report: Report): void {
  report('unknown-parameter', place, `The recipe ${recipe.name} has no parameter or input "${name}".`, () =>
    suggestOrList(name, [...recipe.parameters.keys(), ...recipe.inputs.keys()], 'parameters and inputs'),
  );
}

/** The defaults of what was not given, and a fault for each parameter that has none. */
export function addDefaults(
  recipe: Recipe,
  parameters: Map<string, Located<ParameterValue>>,
  place: Place,
  given: (name: string) => boolean,
  report: Report,
): void {
  const defaults = defaultsOf(recipe.parameters, report, parameters);
  for (const [name, { defaultTemplate, type, summary }] of recipe.parameters) {
    if (given(name)) continue;
    const fallback = defaults.get(name);
    if (fallback !== undefined) parameters.set(name, fallback);
    else if (defaultTemplate === undefined) {
      const what = `the parameter "${name}" (${shorten(summary ?? type)})`;
      report('missing-parameter', place, `The recipe ${recipe.name} needs ${what}.`);
    }
  }
}

function parameterValue(
  parameter: Parameter,
  node: YamlNode,
  scope: Scope,
  report: Report,
): Located<ParameterValue> | undefined {
  const found = evaluate(node, parameter, scope, report);
  if (found === undefined) return undefined;
  const value =
    found.kind === 'value' && found.type === parameter.type && parameter.type !== 'choice'
      ? found.value
      : converted(parameter, found, node, report);
  // What a reference stands for may have been held to other bounds, or to none; a fault is reported where it stands.
  return value !== undefined && isWithin(value, parameter, report) ? value : undefined;
}

/** A reference keeps its type: it fits where the types are the same or differ in their range only. */
function converted(
  parameter: Parameter,
  found: Resolved,
  { place }: YamlNode,
  report: Report,
): Located<ParameterValue> | undefined {
  const value = found.kind === 'value' ? fitting(parameter, found.type, found.value, report) : 'mismatch';
  if (value !== 'mismatch') return value;
  const what = found.kind === 'binding' ? 'a file' : `of type ${found.type}`;
  const { name, type } = parameter;
  report('wrong-type', place, `The parameter "${name}" is of type ${type}, and this is ${what}.`);
  return undefined;
}

function fitting(
  parameter: Parameter,
  type: ParameterType,
  value: Located<ParameterValue>,
  report: Report,
): Located<ParameterValue> | undefined | 'mismatch' {
  switch (parameter.type) {
    case 'choice':
      if (type !== 'choice' && type !== 'string') return 'mismatch';
      // The text may stand in another place, a default or the command line: a fault is reported there.
      return valueOfText(locate(value.value as string, value), parameter, report);
    case 'string':
      return type === 'choice' ? value : 'mismatch';
    case 'integer':
      return type === 'size' ? value : 'mismatch';
    case 'size':
      return type === 'integer' && Number(value.value) >= 0 ? value : 'mismatch';
    case 'boolean':
    case 'list':
    case 'file':
      return 'mismatch';
  }
}

function inputBinding(
  name: string,
  node: YamlNode,
  scope: Scope,
  report: Report,
): Located<Binding> | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    wrongType(node, `a reference to an output or a file, for the input "${name}"`, report);
    return undefined;
  }
  if (!holdsReferences(node)) {
    report(
      'bad-reference',
      node.place,
      `The input "${name}" takes a reference, not a text.`,
      'Write "${step.output}", or "${parameter}" of a parameter of type file.',
    );
    return undefined;
  }
  const found = evaluate(node, { type: 'file' }, scope, report);
  if (found === undefined) return undefined;
  if (found.kind === 'binding') {
    // An output is wanted here and nowhere else; a file has its own place, where the user named it.
    return found.value.value.kind === 'output' ? locate(found.value.value, node.place) : found.value;
  }
  report(
    'wrong-type',
    node.place,
    `The input "${name}" takes an output or a file, and this is of type ${found.type}.`,
    'A parameter that names a file is of type file; an output is written "${step.output}".',
  );
  return undefined;
}

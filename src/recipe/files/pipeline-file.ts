import type { Place } from '../../base/index.ts';
import type { Report } from '../../yaml/faults.ts';
import { type PaperKind, paperKinds } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import { declareParameters, pipelineParameters, type DeclaredParameter } from './parameter/shape.ts';
import { checkName, type FileName } from '../../yaml/file-name.ts';
import type { FindTable } from './table-file.ts';
import { object, optional, required } from '../../yaml/object-shape.ts';
import { anything, list, name, named, text, word, type JsonSchema, type Named } from '../../yaml/shape.ts';
import type { YamlNode } from '../../yaml/node.ts';

const given = anything({
  anyOf: [{ type: ['string', 'number', 'boolean'] }, { type: 'array', items: { type: 'string' } }],
});

const step = object('a step', {
  recipe: required(name(), 'The recipe it uses'),
  with: optional(
    named(given),
    "The recipe's parameters and inputs: values, or references such as ${parameter} and ${step.output}",
  ),
});

const product = object('a product', {
  from: required(named(text({ pattern: '^\\$\\{.*\\}$' }), 1), 'Entry → "${step.output}"'),
  gate: optional(name(), 'The step that must have succeeded before the product is published'),
  with: optional(
    list(word(paperKinds)),
    'Files about it beside: SHA256SUMS, provenance.json (in-toto, SLSA), sbom.cdx.json (CycloneDX), test-result.json (in-toto), INDEX.md',
  ),
  next: optional(list(text()), 'Commands that a person may run next: shown after a run that made something'),
});

const shape = object('a pipeline', {
  pipeline: required(name(), "The pipeline's name, which is also its file's"),
  summary: required(text(), 'What it makes, in one line'),
  parameters: optional(pipelineParameters, 'What the user can choose'),
  steps: required(named(step, 1), 'Recipes with their parameters and inputs'),
  products: optional(
    named(product),
    'What is published in artifacts/PIPELINE/; with products only the steps that they need run',
  ),
});

export const pipelineSchema: JsonSchema = shape.schema;

export interface PipelineStep {
  readonly name: string;
  readonly key: Place;
  /** Undefined when it was faulty. */
  readonly recipe: Located<string> | undefined;
  readonly with: ReadonlyMap<string, Named<YamlNode>>;
}

export interface PipelineProduct {
  readonly name: string;
  readonly key: Place;
  readonly from: ReadonlyMap<string, Named<Located<string>>>;
  readonly gate: Located<string> | undefined;
  readonly papers: readonly PaperKind[];
  readonly next: readonly string[];
}

/** A pipeline as its file says it, references unresolved. */
export interface PipelineFile extends FileName {
  readonly summary: string;
  readonly parameters: ReadonlyMap<string, DeclaredParameter>;
  readonly steps: ReadonlyMap<string, PipelineStep>;
  readonly products: readonly PipelineProduct[];
}

/** @returns as much of the pipeline as could be read: the rest can still be checked */
export function readPipeline(
  node: YamlNode,
  of: FileName,
  report: Report,
  tables: FindTable,
): PipelineFile | undefined {
  const read = shape.read(node, report);
  if (read === undefined) return undefined;
  const { fields } = read;
  checkName(fields.pipeline, of.name, report);
  return {
    ...of,
    summary: fields.summary?.value ?? '',
    parameters: declareParameters(fields.parameters, { pipeline: true, tables }, report),
    steps: new Map(
      [...(fields.steps ?? [])].map(([stepName, { key, value }]): [string, PipelineStep] => [
        stepName,
        {
          name: stepName,
          key,
          recipe: value?.fields.recipe,
          with: value?.fields.with ?? new Map<string, Named<YamlNode>>(),
        },
      ]),
    ),
    products: [...(fields.products ?? [])].map(([productName, { key, value }]): PipelineProduct => ({
      name: productName,
      key,
      from: value?.fields.from ?? new Map<string, Named<Located<string>>>(),
      gate: value?.fields.gate,
      papers: value?.fields.with?.value ?? [],
      next: value?.fields.next?.value ?? [],
    })),
  };
}

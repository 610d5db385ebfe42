import type { Material, Sha256 } from '../base/index.ts';
import { readBlob, type ActionResult, type Store } from '../store/index.ts';
import { descriptorOf, type Descriptor } from './descriptor.ts';
import { makeStatement, predicateTypes, type Statement, type Subject } from './statement.ts';

/** A product's gate: the step that must have succeeded before the product is published, and what it saw. */
export type Gate = {
  readonly step: string;
  readonly recipe: string;
  readonly key: Sha256;
  /** In the order in which they were reached; of a step that reports none, its own name. */
  readonly milestones: readonly string[];
  /** The report they stand in. */
  readonly file?: Subject;
};

/** The output of a boot's recipe that lists what it reached. */
const report = 'milestones';

/** What a gate that passed has seen. @param recipe its name */
export function gateOf(store: Store, step: string, recipe: string, result: ActionResult): Gate {
  const gate = { step, recipe, key: result.key };
  const output = result.outputs[report];
  if (output?.type !== 'file') return { ...gate, milestones: [step] };
  const milestones = readMilestones(readBlob(store, output.digest));
  return {
    ...gate,
    milestones: milestones.length === 0 ? [step] : milestones,
    file: { name: output.path, digest: { sha256: output.digest } },
  };
}

/** The names in a milestone log: lines of a number, the name and what was seen, with two spaces or more between. */
export function readMilestones(text: string): string[] {
  return [...text.matchAll(/^ {0,4}\d+ {2}(\S.*?)(?: {2,}.*)?$/gm)].map((match) => match[1] ?? '');
}

/** An in-toto Test Result v0.1. */
export type TestResult = Statement<
  typeof predicateTypes.testResult,
  {
    readonly result: 'PASSED';
    readonly configuration: readonly Descriptor[];
    readonly passedTests: readonly string[];
    readonly failedTests: readonly string[];
  }
>;

/**
 * That a product's files passed its gate. A gate that failed leaves no artifact and no product, so that there is never a
 * statement of one.
 * @param files the pipeline's file and the recipes: the configuration of the test
 */
export function gateStatement(
  gate: Gate,
  subject: readonly Subject[],
  files: readonly Material[],
): TestResult {
  return makeStatement(predicateTypes.testResult, subject, {
    result: 'PASSED',
    configuration: files.map(descriptorOf),
    passedTests: gate.milestones.map((name) => `${gate.step}: ${name}`),
    failedTests: [],
  });
}

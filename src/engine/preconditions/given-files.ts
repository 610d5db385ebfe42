import { accessSync, constants, readdirSync } from 'node:fs';
import { systemReason } from '../../base/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import type { Finding } from './finding.ts';

/** Looks at the files and folders of the user's that the steps are given: each must be readable, a folder not empty. */
export function checkGivenFiles(steps: readonly PlannedStep[]): Finding[] {
  return steps.flatMap((step) => [
    ...[...step.inputs.values()].flatMap(({ value, file, span }) =>
      value.kind === 'file' ? fault(step, value.path, { file, span }, readableFault(value.path)) : [],
    ),
    ...[...step.recipe.sources.values()].flatMap(({ origins }) =>
      origins.flatMap(({ value, file, span }) =>
        value.kind === 'local' && value.folder !== undefined
          ? fault(step, value.folder, { file, span }, folderFault(value.folder))
          : [],
      ),
    ),
  ]);
}

function fault(
  step: PlannedStep,
  what: string,
  place: NonNullable<Finding['place']>,
  message: string | undefined,
): Finding[] {
  return message === undefined ? [] : [{ state: 'fault', what, message, steps: [step.name], place }];
}

function readableFault(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return `${path} cannot be read: ${systemReason(error)}`;
  }
}

function folderFault(path: string): string | undefined {
  try {
    return readdirSync(path).length === 0 ? `the folder ${path} is empty` : undefined;
  } catch (error) {
    return `${path} cannot be read: ${systemReason(error)}`;
  }
}

import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { noSpace, saysNoSpace, storeHint } from '../../host/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import type { StepEnd } from './step-process.ts';

/** A step's script ended without its outputs: not a bug of ours, and its log is worth showing. */
export class StepFailure extends Failure {
  readonly log: string;
  /** Undefined when a signal ended the script. */
  readonly exitCode: number | undefined;
  readonly tail: readonly string[];
  /** Absolute: where its folder was kept, when the run was to keep it. */
  kept?: string;

  constructor(message: string, log: string, end: StepEnd) {
    super('step-failed', message, { hint: end.failure?.hint });
    this.log = log;
    this.exitCode = end.exitCode ?? undefined;
    this.tail = withoutEnd(end.tail, message);
  }
}

/** The lines without the message at their end, which the script wrote into its log as well. */
function withoutEnd(lines: readonly string[], message: string): readonly string[] {
  const { length } = message.split('\n');
  return lines.slice(-length).join('\n') === message ? lines.slice(0, -length) : lines;
}

/**
 * Takes the declared outputs of a step that has ended, by name.
 * @param folder absolute: what the script put its outputs in
 * @param take given an output's declared path
 * @throws Failure 'no-space' when the disk that the log is on is full, and the script says so
 * @throws StepFailure when the script failed, or when it did not and an output is not there
 */
export async function takeOutputs<T>(
  step: PlannedStep,
  end: StepEnd,
  log: string,
  folder: string,
  take: (path: string) => Promise<T>,
): Promise<Record<string, T>> {
  if (end.exitCode !== 0) {
    const how = end.signal === null ? `exit code ${end.exitCode ?? 'unknown'}` : `signal ${end.signal}`;
    const message = end.failure?.message ?? `the script ended with ${how}`;
    if (saysNoSpace([message, ...end.tail].join('\n'), dirname(log)))
      throw noSpace(dirname(log), { hint: storeHint });
    throw new StepFailure(message, log, end);
  }
  const outputs: Record<string, T> = {};
  for (const [name, { value: path }] of step.recipe.outputs) {
    try {
      await mustBeInside(folder, path);
      outputs[name] = await take(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      const message = `the script ended with exit code 0 but did not create its output "${name}" (${path})`;
      throw new StepFailure(message, log, end);
    }
  }
  return outputs;
}

/** A link in an output's path would lead to files that are not the step's. @throws Failure 'bad-output' */
async function mustBeInside(folder: string, path: string): Promise<void> {
  let whole = folder;
  for (const part of path.split('/').filter((each) => each !== '')) {
    whole = join(whole, part);
    if (!(await lstat(whole)).isSymbolicLink()) continue;
    throw new Failure('bad-output', `the output ${path} is, or lies behind, a symbolic link`, {
      hint: 'Give the file or folder itself as the output.',
    });
  }
}

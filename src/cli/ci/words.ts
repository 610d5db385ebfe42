import { Failure } from '../../base/index.ts';
import type { PlanOptions } from '../plan-options.ts';

/** What was given of a plan's options, as words of a shell, each after a space. */
export function planWords({ set, source, environment, kernelDir }: PlanOptions): string {
  const words = [
    ...Object.entries(set).flatMap(([name, values]) =>
      [values].flat().map((value) => `--set ${shellWord(`${name}=${value}`)}`),
    ),
    ...Object.entries(source).map(([name, folder]) => `--source ${shellWord(`${name}=${folder}`)}`),
    ...(kernelDir === undefined ? [] : [`--kernel-dir ${shellWord(kernelDir)}`]),
    ...(environment === undefined || kernelDir !== undefined ? [] : [`--environment ${environment}`]),
  ];
  return words.map((word) => ` ${word}`).join('');
}

/** A word as a shell takes it as it is. @throws Failure 'usage' for one that a YAML file of a job cannot hold */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./~-]+$/.test(word)) return word;
  if (/[^\P{Cc}]/u.test(word) || word.includes('${{'))
    throw new Failure('usage', `${JSON.stringify(word)} cannot be written into a job's file`, {
      hint: 'Set it in the pipeline, or write the job by hand.',
    });
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

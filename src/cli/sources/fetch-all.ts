import type { Plan } from '../../recipe/index.ts';
import type { FetchedStep } from '../../engine/sources/fetch-plan.ts';
import type { StepSources } from '../../engine/index.ts';
import { askTeam } from './ask-team.ts';
import { formatBytes, formatCount } from '../../text/format.ts';
import { showProgress } from '../reporters/progress-line.ts';
import type { Workspace } from '../workspace.ts';

/** Has all that a plan needs in the store, and says what that is, a line a step. @param quiet says nothing */
export async function fetchAll(
  { store }: Workspace,
  plan: Plan,
  sources: StepSources,
  options: { readonly offline: boolean; readonly signal: AbortSignal; readonly quiet: boolean },
): Promise<FetchedStep[]> {
  const { fetchPlan } = await import('../../engine/sources/fetch-plan.ts');
  const width = Math.max(...plan.steps.map(({ name }) => name.length));
  const progress = showProgress('fetching');
  try {
    const team = askTeam({ store, plan, sources, onHost: false, ...options });
    return await fetchPlan({
      store,
      plan,
      sources,
      ...options,
      fromCache: async (files) => (await team.open())?.files(files),
      onProgress: (_step, { done, total }) => progress.take(done, total ?? done),
      onStep: ({ step, files, fetched }) => {
        progress.end();
        if (options.quiet || files.length === 0) return;
        const size = formatBytes(files.reduce((sum, file) => sum + file.size, 0));
        const how = fetched ? 'fetched' : 'there already';
        console.log(`${step.padEnd(width)}  ${formatCount(files.length, 'file')}, ${size}, ${how}`);
      },
    });
  } finally {
    progress.end();
  }
}

/** Different files and their bytes: steps share sources. */
export function totalOf(steps: readonly FetchedStep[]): { files: number; size: number } {
  const sizes = new Map(steps.flatMap(({ files }) => files.map((file) => [file.sha256, file.size])));
  return { files: sizes.size, size: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
}

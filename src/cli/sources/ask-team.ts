import { openHistory } from '../../engine/history.ts';
import { lazyTeam, type LazyTeam, type TeamRun } from '../../engine/team/lazy-team.ts';
import { printable } from '../../text/printable.ts';

/** The team's cache for a command that is no run: opened when it is asked, and what it says of itself goes to standard error. */
export function askTeam(
  context: Pick<TeamRun, 'store' | 'plan' | 'sources' | 'signal' | 'onHost' | 'offline'>,
): LazyTeam {
  const { store, plan } = context;
  const emit: TeamRun['emit'] = (event) => {
    if (event.type === 'cache-note' || event.type === 'cache-refused')
      console.error(`team's cache: ${printable(event.message)}`);
  };
  return lazyTeam({ ...context, history: openHistory(store, plan.root, plan.pipeline), emit });
}

import { isRootAlone } from '../../host/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';

/** Lists the programs that fetch a step's sources; Debian's files come without apt as well. */
export function fetchToolsOf(step: PlannedStep): string[] {
  const kinds = kindsOf(step);
  return ['flock', ...(kinds.includes('git') ? ['git'] : []), ...(kinds.includes('svn') ? ['svn'] : [])];
}

/** Lists the programs that a step starts on the host, and those that fetch its sources. */
export function toolsOf(step: PlannedStep, onHost: boolean): string[] {
  const environment = step.recipe.environment.value;
  return [
    ...fetchToolsOf(step),
    ...(environment.kind === 'host' ? environment.tools : []),
    ...(environment.kind === 'buildroot' && onHost ? (environment.hostTools ?? []) : []),
    ...(environment.kind !== 'host' && !onHost ? ['bwrap'] : []),
    ...(environment.kind === 'buildroot' && !onHost ? ['tar'] : []),
    ...(step.buildroot === undefined ? [] : ['apt-get', 'dpkg-deb', ...mapOfUserIds()]),
    ...(kindsOf(step).includes('debian') ? ['xz'] : []),
  ];
}

function kindsOf(step: PlannedStep): string[] {
  return [...step.recipe.sources.values()].flatMap(({ origins }) => origins[0]?.value.kind ?? []);
}

/** What lets mmdebstrap make files of several users. */
function mapOfUserIds(): string[] {
  if (process.getuid?.() !== 0) return ['newuidmap'];
  return isRootAlone() ? ['fakechroot'] : [];
}

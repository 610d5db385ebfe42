import { isRootAlone } from '../../host/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';

/** Lists the programs that a step starts on the host, and those that fetch its sources. */
export function toolsOf(step: PlannedStep, onHost: boolean): string[] {
  const environment = step.recipe.environment.value;
  const kinds = [...step.recipe.sources.values()].flatMap(({ origins }) => origins[0]?.value.kind ?? []);
  return [
    'flock',
    ...(environment.kind === 'host' ? environment.tools : []),
    ...(environment.kind === 'buildroot' && onHost ? (environment.hostTools ?? []) : []),
    ...(environment.kind !== 'host' && !onHost ? ['bwrap'] : []),
    ...(environment.kind === 'buildroot' && !onHost ? ['tar'] : []),
    ...(step.buildroot === undefined ? [] : ['apt-get', 'dpkg-deb', ...mapOfUserIds()]),
    ...(kinds.includes('debian') ? ['apt-get', 'xz'] : []),
    ...(kinds.includes('git') ? ['git'] : []),
    ...(kinds.includes('svn') ? ['svn'] : []),
  ];
}

/** What lets mmdebstrap make files of several users. */
function mapOfUserIds(): string[] {
  if (process.getuid?.() !== 0) return ['newuidmap'];
  return isRootAlone() ? ['fakechroot'] : [];
}

import { Failure } from '../../base/index.ts';
import type { SourceContext } from '../context.ts';
import type { LockedBuildroot, LockedPackage } from '../locked.ts';
import { openApt } from './apt-state.ts';
import { snapshotHint, type Misses } from './misses.ts';

/** Tells that packages are in no archive any more, with what the suite offers now, where that can be asked. */
export async function packagesVanished(
  { suite, architecture }: LockedBuildroot,
  missing: readonly LockedPackage[],
  misses: Misses,
  context: SourceContext,
): Promise<Failure> {
  const offered = await offeredVersions(missing, { suite, architecture }, context);
  const texts = missing.map(({ name, version }) => {
    const now = offered?.get(name);
    return `${name} ${version}${offered === undefined ? '' : ` (offered now: ${now?.join(', ') ?? 'none'})`}`;
  });
  return new Failure('package-vanished', `no longer in ${suite}: ${texts.join('; ')}`, {
    hint: waysOut(
      misses,
      `To pin what is offered now in place of what vanished, and nothing else: \`${context.relock ?? 'cidermill lock'} --keep\`.`,
    ),
  });
}

/** What a user can do about files that no archive has any more, a way a line. @param anew how they are pinned anew */
export function waysOut({ known }: Misses, anew: string): string {
  return [
    ...(known.snapshots.length === 0 ? [snapshotHint] : []),
    anew,
    'For this machine alone, as a toolchain that is not the known-good one: run with --update-vanished.',
  ].join('\n');
}

/** Package → the versions that the suite offers, from its signed lists; undefined where they cannot be had here. */
async function offeredVersions(
  missing: readonly LockedPackage[],
  wish: { readonly suite: string; readonly architecture: string },
  context: SourceContext,
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  try {
    const apt = await openApt({ ...wish, kind: 'binary' }, context);
    const names = missing.map(({ name }) => name);
    const { stdout } = await apt.run('apt-cache', ['madison', ...names]);
    const offered = new Map<string, string[]>();
    for (const line of stdout.split('\n')) {
      const [name, version] = line.split('|').map((word) => word.trim());
      if (name === undefined || version === undefined) continue;
      offered.set(name, [...new Set([...(offered.get(name) ?? []), version])]);
    }
    return offered;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

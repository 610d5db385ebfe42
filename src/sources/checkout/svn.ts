import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { removeFolder, temporaryFolder } from '../../store/index.ts';
import type { SourceContext } from '../context.ts';
import { keepExport } from './exported.ts';
import { checkExport } from './git.ts';
import { shownUrl } from '../http/http-failure.ts';
import type { LockedOrigin } from '../locked.ts';
import type { SvnOrigin } from '../origin.ts';
import { lastLines, run } from '../../host/programs/program.ts';

type LockedSvn = Extract<LockedOrigin, { kind: 'svn' }>;

export async function lockSvn(origin: SvnOrigin, context: SourceContext): Promise<LockedSvn> {
  const { store, signal } = context;
  const shown = shownUrl(origin.repository);
  if (!/^(https?|svn(\+ssh)?|file):\/\//.test(origin.repository)) {
    throw new Failure('bad-url', `${shown} is not a Subversion address`);
  }
  const work = temporaryFolder(store, 'svn');
  try {
    context.onProgress?.({ what: shown, done: 0 });
    const folder = join(work, 'tree');
    const revision = String(origin.revision);
    const { exitCode, stderr } = await run(
      'svn',
      // The peg revision finds the path as it was then, whatever it is called now.
      [
        'export',
        '--quiet',
        '--non-interactive',
        '--ignore-externals',
        '--native-eol',
        'LF',
        '-r',
        revision,
        '--',
        `${origin.repository}@${revision}`,
        folder,
      ],
      { cwd: work, signal, from: 'subversion' },
    );
    if (exitCode !== 0) {
      throw new Failure(
        'fetch-failed',
        `${shown} at revision ${revision} could not be downloaded:\n${lastLines(stderr, 4)}`,
        {
          temporary: !/E160006|E160013|E170000|E200009/.test(stderr),
        },
      );
    }
    const name = origin.repository.split('/').findLast((part) => part !== '') ?? 'svn';
    return { kind: 'svn', origin, ...(await keepExport(store, folder, `${name}-r${revision}`)) };
  } finally {
    await removeFolder(work);
  }
}

/** @throws Failure 'digest-mismatch' when the revision does not export to the tree that was locked */
export async function fetchSvn(locked: LockedSvn, context: SourceContext): Promise<void> {
  const { repository, revision } = locked.origin;
  checkExport(
    locked,
    await lockSvn(locked.origin, context),
    `${shownUrl(repository)} at revision ${revision}`,
  );
}

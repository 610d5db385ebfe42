import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { removeFolder, temporaryFolder } from '../../store/index.ts';
import type { SourceContext } from '../context.ts';
import { keepExport, type ExportedTree } from './exported.ts';
import { shownUrl } from '../http/http-failure.ts';
import type { LockedOrigin } from '../locked.ts';
import type { GitOrigin } from '../origin.ts';
import { lastLines, run, runWell } from '../../host/programs/program.ts';
import { unpackArchive } from '../../archive/unpack.ts';

type LockedGit = Extract<LockedOrigin, { kind: 'git' }>;

/** Nothing of the user's own settings may change the bytes; nothing may stop to ask. */
const settings = ['core.attributesFile=/dev/null', 'core.autocrlf=false', 'core.eol=lf', 'tar.umask=0022'];
const environment = { GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'https:http:git:ssh:file' };

export async function lockGit(origin: GitOrigin, context: SourceContext): Promise<LockedGit> {
  return exportCommit(origin, origin.revision, context);
}

/** @throws Failure 'digest-mismatch' when the commit does not export to the tree that was locked */
export async function fetchGit(locked: LockedGit, context: SourceContext): Promise<void> {
  const again = await exportCommit(locked.origin, locked.commit, context);
  checkExport(locked, again, `${shownUrl(locked.origin.repository)} at ${locked.commit}`);
}

export function checkExport(locked: ExportedTree, found: ExportedTree, what: string): void {
  if (found.tree === locked.tree && found.files[0].sha256 === locked.files[0].sha256) return;
  throw new Failure(
    'digest-mismatch',
    `${what} is not the tree that was locked: expected ${locked.tree}, found ${found.tree}`,
    { hint: 'If you trust the new tree, lock it again with `cidermill lock`.' },
  );
}

async function exportCommit(origin: GitOrigin, revision: string, context: SourceContext): Promise<LockedGit> {
  const { store, signal } = context;
  const shown = shownUrl(origin.repository);
  if (origin.repository.startsWith('-') || revision.startsWith('-') || revision === '') {
    throw new Failure('bad-revision', `${shown}@${revision} is not a git repository and revision`);
  }
  const work = temporaryFolder(store, 'git');
  const git = (args: readonly string[], what: string): Promise<string> =>
    runWell('git', [...settings.flatMap((setting) => ['-c', setting]), ...args], {
      cwd: work,
      environment,
      signal,
      from: 'git',
      what,
    });
  try {
    context.onProgress?.({ what: shown, done: 0 });
    await git(['init', '--quiet', '--bare', '--template=', 'r.git'], 'making a repository');
    const commit = await fetchCommit(origin.repository, revision, join(work, 'r.git'), context);
    const tar = join(work, 'export.tar');
    await git(['-C', 'r.git', 'archive', '--format=tar', '--prefix=tree/', `--output=${tar}`, commit], shown);
    const folder = join(work, 'tree');
    mkdirSync(folder);
    await unpackArchive(tar, 'none', folder, { signal });
    const name =
      origin.repository
        .replace(/\/+$/, '')
        .replace(/\.git$/, '')
        .split(/[/:]/)
        .pop() ?? 'git';
    return { kind: 'git', origin, commit, ...(await keepExport(store, folder, `${name}-${commit}`)) };
  } finally {
    await removeFolder(work);
  }
}

/** The one commit where the server gives it; else, as not every server does, all that it has. */
async function fetchCommit(
  repository: string,
  revision: string,
  folder: string,
  { signal }: SourceContext,
): Promise<string> {
  const options = { cwd: folder, environment, signal, from: 'git' } as const;
  const shallow = await run(
    'git',
    ['fetch', '--quiet', '--depth=1', '--no-tags', '--', repository, revision],
    options,
  );
  const name = shallow.exitCode === 0 ? 'FETCH_HEAD' : revision;
  if (shallow.exitCode !== 0) {
    const all = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
    const whole = await run('git', ['fetch', '--quiet', '--no-tags', '--', repository, ...all], options);
    if (whole.exitCode !== 0) {
      throw new Failure(
        'fetch-failed',
        `${shownUrl(repository)} could not be downloaded:\n${lastLines(whole.stderr, 4)}`,
        {
          temporary: true,
        },
      );
    }
  }
  const found = await run(
    'git',
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
    options,
  );
  const commit = found.stdout.trim();
  if (found.exitCode === 0 && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit)) return commit;
  throw new Failure('no-revision', `${shownUrl(repository)} has no commit, tag or branch ${revision}`);
}

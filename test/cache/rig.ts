import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Failure } from '../../src/base/index.ts';
import {
  openSharedCache,
  resultOf,
  type CacheOptions,
  type Refused,
  type SharedCache,
} from '../../src/cache/index.ts';
import {
  actionKey,
  keyVersion,
  openStore,
  putBytes,
  putOutput,
  readAction,
  writeAction,
  type Action,
  type ActionResult,
  type Store,
} from '../../src/store/index.ts';
import { freshFolder } from '../rig/folder.ts';

/** A machine with a store of its own, and its view of a team's cache. */
export interface Machine {
  readonly store: Store;
  readonly cache: SharedCache;
  readonly refused: Refused[];
  readonly troubles: Failure[];
  /** Makes an artifact here: files by path below "folder/", and "file". */
  make(name: string, files: Readonly<Record<string, string | Buffer>>): Promise<ActionResult>;
  send(result: ActionResult): Promise<void>;
  /** Takes what the cache has of an action. */
  take(action: Action, like?: ActionResult): Promise<ActionResult | undefined>;
}

export function machine(url: string, options: Partial<CacheOptions> = {}): Machine {
  const folder = freshFolder();
  const store = openStore(join(folder, 'store'));
  const refused: Refused[] = [];
  const troubles: Failure[] = [];
  const cache = openSharedCache({
    ...{ url, push: true, store, signal: new AbortController().signal },
    onRefused: (each) => refused.push(each),
    onTrouble: (trouble) => troubles.push(trouble),
    ...options,
  });
  return {
    ...{ store, cache, refused, troubles },
    make: async (name, files) => {
      const work = join(store.root, 'tmp', name);
      for (const [path, bytes] of Object.entries({ file: name, ...files })) {
        mkdirSync(dirname(join(work, path)), { recursive: true });
        writeFileSync(join(work, path), bytes);
      }
      mkdirSync(join(work, 'folder'), { recursive: true });
      const action = actionOf(name);
      const result: ActionResult = {
        ...{ key: actionKey(action), action, notes: [`made ${name}`], materials: {}, producers: {} },
        ...{ started: new Date(0).toISOString(), duration: 5 },
        log: (await putBytes(store, `the log of ${name}`)).digest,
        outputs: {
          file: await putOutput(store, work, 'file'),
          folder: await putOutput(store, work, 'folder/'),
        },
      };
      await writeAction(store, result);
      return result;
    },
    send: (result) =>
      cache.send(result, { digest: result.log, size: `the log of ${wordOf(result.action)}`.length }, []),
    take: async (action, like) => {
      const entry = await cache.find(actionKey(action), action);
      const seeds = Object.values(like?.outputs ?? {}).map(({ digest }) => digest);
      if (entry === undefined || !(await cache.bring(entry, { like: seeds, onProgress: () => undefined })))
        return undefined;
      await writeAction(store, resultOf(entry, { action, materials: {}, producers: {} }));
      return readAction(store, entry.key);
    },
  };
}

/** An action that a name makes different from all others. */
export function actionOf(name: string): Action {
  return {
    ...{ keyVersion, protocol: 1, platform: 'linux-x64', script: 'scripts/x.ts', modules: {}, packages: {} },
    ...{ parameters: { name }, sources: {}, inputs: {}, environment: { kind: 'none' } },
    outputs: { file: 'file', folder: 'folder/' },
  };
}

function wordOf({ parameters }: Action): string {
  return String(parameters['name']);
}

/** A key without a passphrase, and a file that allows it. */
export function signer(identity: string): { readonly key: string; readonly allowed: string } {
  const folder = freshFolder();
  const key = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', identity, '-f', key]);
  const allowed = join(folder, 'allowed_signers');
  appendFileSync(
    allowed,
    `${identity} ${execFileSync('ssh-keygen', ['-y', '-f', key], { encoding: 'utf8' })}`,
  );
  return { key, allowed };
}

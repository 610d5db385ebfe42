import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { Failure } from '../../base/index.ts';
import { cacheUrlFault, loadSettings, pushPolicies, settingsFile } from '../../recipe/index.ts';

/** How this machine uses the team's cache. */
export interface TeamSettings {
  /** Without a slash at its end. */
  readonly url: string;
  /** The environment names it, not the project. */
  readonly named: boolean;
  readonly push: boolean;
  /** For how many milliseconds a server that cannot be reached is asked again. */
  readonly patience?: number;
  /** Absolute. */
  readonly sign?: string;
  /** Absolute, and there. */
  readonly trust?: string;
  /** Share also what was made from files of the user's. */
  readonly private: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds out whether there is a team's cache and how it is used: CIDERMILL_CACHE and its like, else the project's settings.
 * An empty CIDERMILL_CACHE counts as not set.
 * @param root absolute: the project's
 * @throws InvalidError for a fault in cidermill.yaml; Failure 'usage' for one in the environment; 'no-file' where the file
 *   of allowed signers is missing
 */
export function teamSettings(root: string, env: Environment = process.env): TeamSettings | undefined {
  const given = env['CIDERMILL_CACHE'];
  if (given === '') return undefined;
  const { cache } = loadSettings(root);
  const url = given ?? cache?.url;
  if (url === undefined) return undefined;
  const fault = cacheUrlFault(url);
  if (fault !== undefined) throw new Failure('usage', `the address in CIDERMILL_CACHE ${fault}`);
  const sign = env['CIDERMILL_CACHE_SIGN'] ?? cache?.sign;
  const trust = cache?.trust === undefined ? undefined : resolve(root, cache.trust);
  if (trust !== undefined && !existsSync(trust))
    throw new Failure('no-file', `there is no file ${trust}, which "trust:" in ${settingsFile} names`);
  return {
    url: url.replace(/\/+$/, ''),
    named: given !== undefined,
    push: pushes(env['CIDERMILL_CACHE_PUSH'] ?? cache?.push ?? 'never', env),
    ...(sign === undefined || sign === ''
      ? {}
      : { sign: resolve(root, sign.replace(/^~(?=\/)/, homedir())) }),
    ...(trust === undefined ? {} : { trust }),
    private: cache?.private ?? false,
  };
}

function pushes(written: string, env: Environment): boolean {
  const policy = pushPolicies.find((each) => each === written);
  if (policy === undefined)
    throw new Failure(
      'usage',
      `CIDERMILL_CACHE_PUSH is one of ${pushPolicies.join(', ')}, not ${JSON.stringify(written)}`,
    );
  return policy === 'always' || (policy === 'ci' && !['', 'false', '0', undefined].includes(env['CI']));
}

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Failure, isRecord, systemReason } from '../../base/index.ts';
import { run } from '../../host/programs/program.ts';

/** What opens a registry for a user. Nothing of it is ever printed. */
export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** A refresh token, which buys tokens (OAuth 2). */
  | { readonly kind: 'identity'; readonly token: string };

/** The variable that has a token for the registry that a command names. */
export const tokenVariable = 'CIDERMILL_REGISTRY_TOKEN';

/** A helper that asks for a password at a terminal would wait for ever. */
const helperPatience = 60_000;

/**
 * Finds what opens a registry: the token of the environment, or what Docker's configuration has for the host, as a
 * helper that it names gives it, or as it stands there.
 * @param host with its port
 * @throws Failure 'bad-credentials' when the configuration cannot be read or a helper fails
 */
export async function findCredentials(
  host: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Credentials | undefined> {
  const token = environment[tokenVariable];
  if (token !== undefined && token !== '') return { kind: 'token', token };
  const { path, config } = readConfig(environment);
  const names = [host, `https://${host}`, `http://${host}`, `https://${host}/`, `https://${host}/v2/`];
  const helpers = isRecord(config['credHelpers']) ? config['credHelpers'] : {};
  const helper = helpers[host] ?? config['credsStore'];
  if (typeof helper === 'string' && helper !== '') {
    const given = await askHelper(helper, host);
    if (given !== undefined) return given;
  }
  const auths = isRecord(config['auths']) ? config['auths'] : {};
  const entry = names.map((name) => auths[name]).find(isRecord);
  return entry === undefined ? undefined : entryCredentials(entry, path, host);
}

function readConfig(environment: NodeJS.ProcessEnv): {
  readonly path: string;
  readonly config: Readonly<Record<string, unknown>>;
} {
  const path = join(environment['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { path, config: {} };
    throw new Failure('bad-credentials', `${path} cannot be read: ${systemReason(cause)}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return { path, config: value };
  } catch {
    // The parser's message may quote a password.
  }
  throw new Failure('bad-credentials', `${path} is not a JSON object`);
}

function entryCredentials(
  entry: Readonly<Record<string, unknown>>,
  path: string,
  host: string,
): Credentials | undefined {
  const { auth, identitytoken, username, password } = entry;
  if (typeof identitytoken === 'string' && identitytoken !== '')
    return { kind: 'identity', token: identitytoken };
  if (typeof username === 'string' && typeof password === 'string')
    return { kind: 'password', user: username, password };
  if (typeof auth !== 'string' || auth === '') return undefined;
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  if (colon < 1) throw new Failure('bad-credentials', `${path} has no user and password for ${host}`);
  return { kind: 'password', user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Docker's protocol of credential helpers: the host on standard input, JSON on standard output. */
async function askHelper(helper: string, host: string): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  if (!/^[\w.-]+$/.test(helper))
    throw new Failure('bad-credentials', `${JSON.stringify(helper)} is not the name of a credential helper`);
  const { exitCode, stdout, stderr } = await run(program, ['get'], {
    input: Buffer.from(host),
    timeout: helperPatience,
    limit: 1 << 20,
  });
  if (exitCode !== 0) {
    // All helpers say it with these words, some on the one output, some on the other.
    if (/credentials not found/i.test(stdout + stderr)) return undefined;
    throw new Failure(
      'bad-credentials',
      `${program} gives no credentials for ${host}: exit code ${exitCode}`,
    );
  }
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    answer = undefined;
  }
  const { Username: user, Secret: secret } = isRecord(answer) ? answer : {};
  if (typeof user !== 'string' || typeof secret !== 'string')
    throw new Failure('bad-credentials', `${program} gives something other than credentials for ${host}`);
  return user === '<token>'
    ? { kind: 'identity', token: secret }
    : { kind: 'password', user, password: secret };
}

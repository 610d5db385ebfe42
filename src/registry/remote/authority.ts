import { Failure, isRecord } from '../../base/index.ts';
import { bodyOf, refusal, type Answer } from './answer.ts';
import { readChallenges } from './challenge.ts';
import { findCredentials, type Credentials } from './credentials.ts';

/** Sends one request, as it is. */
export type Send = (
  method: 'GET' | 'POST',
  url: URL,
  headers: Readonly<Record<string, string>>,
  body?: Buffer,
) => Promise<Answer>;

const largestToken = 1 << 20;

/** Keeps what a registry is given as Authorization, and gets it anew when the registry asks. */
export class Authority {
  readonly #host: string;
  readonly #scope: string;
  readonly #send: Send;
  #header: string | undefined;
  #asking: Promise<string> | undefined;

  /** @param actions of the repository that will be needed: "pull" or "pull,push" */
  constructor(host: string, repository: string, actions: string, send: Send) {
    this.#host = host;
    this.#scope = `repository:${repository}:${actions}`;
    this.#send = send;
  }

  /** To be sent with a request; undefined before the registry has asked. */
  get header(): string | undefined {
    return this.#header;
  }

  /**
   * Answers a challenge.
   * @param refused the header that was refused; another request may have got a newer one meanwhile
   * @throws Failure 'registry-denied' when nothing that is known opens the registry
   */
  async answer(challenge: string, refused: string | undefined): Promise<string> {
    if (this.#header !== undefined && this.#header !== refused) return this.#header;
    this.#asking ??= this.#ask(challenge).finally(() => (this.#asking = undefined));
    this.#header = await this.#asking;
    return this.#header;
  }

  async #ask(challenge: string): Promise<string> {
    const challenges = readChallenges(challenge);
    const credentials = await findCredentials(this.#host);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (credentials?.kind === 'token' && bearer !== undefined) return `Bearer ${clean(credentials.token)}`;
    if (bearer !== undefined) return `Bearer ${await this.#token(bearer.parameters, credentials)}`;
    if (challenges.some(({ scheme }) => scheme === 'basic') && credentials?.kind === 'password')
      return basic(credentials);
    throw this.#denied(credentials === undefined ? 'no credentials are known' : 'it asks for others');
  }

  async #token(
    parameters: ReadonlyMap<string, string>,
    credentials: Credentials | undefined,
  ): Promise<string> {
    const realm = parameters.get('realm') ?? '';
    if (!URL.canParse(realm)) throw this.#denied('it does not say where its tokens are');
    const url = new URL(realm);
    const service = parameters.get('service');
    const scopes = new Set([this.#scope, ...(parameters.get('scope') ?? '').split(' ')].filter(Boolean));
    let answer: Answer;
    if (credentials?.kind === 'identity') {
      const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: credentials.token });
      form.set('client_id', 'cidermill');
      form.set('scope', [...scopes].join(' '));
      if (service !== undefined) form.set('service', service);
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      answer = await this.#send('POST', url, type, Buffer.from(form.toString()));
    } else {
      if (service !== undefined) url.searchParams.set('service', service);
      for (const scope of scopes) url.searchParams.append('scope', scope);
      const headers = credentials?.kind === 'password' ? { authorization: basic(credentials) } : undefined;
      answer = await this.#send('GET', url, headers ?? {});
    }
    if (answer.status === 401 || answer.status === 403) {
      answer.body.destroy();
      throw this.#denied(
        credentials === undefined ? 'no credentials are known' : 'the credentials are refused',
      );
    }
    if (answer.status !== 200) throw await refusal(answer, `give a token for ${this.#host}`);
    const { token, access_token: other } = parsed(await bodyOf(answer, largestToken));
    const given = [token, other].find((each) => typeof each === 'string' && each !== '');
    if (typeof given !== 'string') throw this.#denied('the answer of its token server has no token');
    return clean(given);
  }

  #denied(why: string): Failure {
    return new Failure('registry-denied', `${this.#host} is not open to you: ${why}`, {
      hint: `Log in to ${this.#host} (docker login, skopeo login --compat-auth-file), or set CIDERMILL_REGISTRY_TOKEN.`,
    });
  }
}

function basic({ user, password }: Extract<Credentials, { kind: 'password' }>): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** A header's value has no line break in it. @throws Failure 'bad-credentials', without the token */
function clean(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Failure('bad-credentials', 'the token for the registry has characters that no token has');
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

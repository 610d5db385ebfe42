import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Failure, isRecord } from '../../base/index.ts';
import { RetryAfter } from './attempts.ts';

/** What a server answered; its body is a stream that has to be read or destroyed. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** Where it came from, without credentials. */
  readonly url: string;
}

const largestFault = 64 << 10;

/** Reads an answer's body whole. @throws Failure 'registry-answer' when it is larger than `most` bytes */
export async function bodyOf({ body, url }: Answer, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > most) throw new Failure('registry-answer', `${url} gives more than ${most} bytes`);
      parts.push(part);
    }
  } finally {
    body.destroy();
  }
  return Buffer.concat(parts);
}

/** Statuses that another attempt may mend. Registries refuse with 403, too, who asks too often. */
const temporary = new Set([403, 408, 425, 429, 500, 502, 503, 504]);

/** Puts an answer that is not what was asked for into words, with the server's own. */
export async function refusal(answer: Answer, what: string): Promise<Failure> {
  const { status, headers, url } = answer;
  const said = await bodyOf(answer, largestFault).then(faultIn, () => '');
  const host = new URL(url).host;
  const code = status === 404 ? 'not-found' : status === 401 ? 'registry-denied' : 'registry-refused';
  return new Failure(code, `${host} does not ${what}: status ${status}${said}`, {
    temporary: temporary.has(status),
    cause: new RetryAfter(headers['retry-after']),
    hint:
      status === 401 || status === 403
        ? `Log in to ${host} (docker login, skopeo login --compat-auth-file), or set CIDERMILL_REGISTRY_TOKEN.`
        : undefined,
  });
}

/** The first error of OCI's form, as words behind a colon. What a server says may steer no terminal. */
function faultIn(body: Buffer): string {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return '';
  }
  const { errors } = isRecord(value) ? value : {};
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const { code, message } = isRecord(first) ? first : {};
  const words = [code, message].filter((each) => typeof each === 'string' && each !== '');
  const text = words.join(', ').replace(/[^\x20-\x7e]/g, '?');
  return text === '' ? '' : `: ${text.slice(0, 200)}`;
}

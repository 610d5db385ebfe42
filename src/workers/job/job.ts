import { canonicalJson, isRecord, isSha256, type Sha256 } from '../../base/index.ts';
import { actionKey, type Action, type Blob } from '../../store/index.ts';
import { jobVersion } from '../redis/names.ts';

/** In bytes, as JSON. */
export const largestJob = 64 * 1024;

/** The artifact of another action that a step is given: all that is needed to take it from the shared cache. */
export type JobInput = {
  /** Of the action that made it. */
  readonly from: Sha256;
  /** All outputs of that action: name → path. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Which of them it is. */
  readonly output: string;
};

/** A file that no action has made: a blob of the shared cache, by the digest that the action names. */
export type JobFile = {
  /** In bytes. */
  readonly size: number;
};

/** What a worker is asked to make. Nothing in it says what is run but the action, whose digest is the key. */
export type Job = {
  readonly version: number;
  readonly key: Sha256;
  /** The step's name in the first run that asked for it: of logs and messages alone. */
  readonly step: string;
  readonly action: Action;
  /** Input → where it is from; "" is the buildroot. */
  readonly inputs: Readonly<Record<string, JobInput | JobFile>>;
  /** The blob that says where the script and the sources are (parcel.ts). */
  readonly parcel: Blob;
  /** Outputs that two runs of the action may make differently. */
  readonly varies: readonly string[];
  /** Is it made with /dev/kvm in its sandbox? */
  readonly kvm: boolean;
};

/** As it lies in the queue. */
export function encodeJob(job: Job): string {
  return canonicalJson(job);
}

const name = /^[^\p{Cc}/\\]{1,200}$/u;

/**
 * Reads a job that came from outside.
 * @param data as it lies in the queue
 * @param id of the job in the queue, which is its key
 * @returns what is wrong with it, as the end of a sentence that begins with "it", where it is not sound
 */
export function readJob(data: unknown, id: string): Job | string {
  const size = Buffer.byteLength(JSON.stringify([data])) - 2;
  if (size > largestJob) return `is ${size} bytes long, and ${largestJob} are allowed`;
  if (!isRecord(data) || data['version'] !== jobVersion) return `is not a job of version ${jobVersion}`;
  const { key, step, action, inputs, parcel, varies, kvm } = data;
  if (typeof key !== 'string' || !isSha256(key) || key !== id) return 'is not known by its key';
  if (typeof step !== 'string' || !name.test(step)) return 'has no valid name of a step';
  const fault = actionFault(action);
  if (fault !== undefined) return fault;
  if (actionKey(action as Action) !== key) return 'has an action whose digest is not its key';
  if (!isBlob(parcel)) return 'has no digest of what its script and sources are';
  if (!Array.isArray(varies) || !varies.every((each) => typeof each === 'string'))
    return 'has an invalid list of what varies';
  if (typeof kvm !== 'boolean') return 'does not say whether it needs KVM';
  const wrong = inputsFault(inputs, action as Action);
  return wrong ?? (data as unknown as Job);
}

function actionFault(action: unknown): string | undefined {
  if (!isRecord(action)) return 'has no action';
  const { keyVersion, protocol, platform, script, modules, packages, parameters, sources } = action;
  const { inputs, environment, outputs } = action;
  if (typeof keyVersion !== 'number' || typeof protocol !== 'number' || typeof platform !== 'string')
    return 'has an action without its versions';
  if (typeof script !== 'string' || !isInner(script)) return 'has a script that is not a path in its project';
  const digests = { modules, packages, sources };
  for (const [what, table] of Object.entries(digests))
    if (!isTable(table, (digest) => typeof digest === 'string' && isSha256(digest)))
      return `has ${what} that are not named by digests`;
  if (!isTable(parameters, isParameter)) return 'has invalid parameters';
  if (!isTable(inputs, isWord)) return 'has inputs that are not named by digests';
  if (!isTable(outputs, (path) => typeof path === 'string' && isInner(path.replace(/\/$/, ''))))
    return 'has outputs that are not paths in its folder';
  if (!isRecord(environment)) return 'has no environment';
  const { kind, root } = environment;
  if (kind === 'host') return "would run on the host's own tools, outside of the sandbox";
  if (kind !== 'none' && !(kind === 'buildroot' && isWord(root)))
    return 'has an environment that is not named by its digest';
  return undefined;
}

function inputsFault(inputs: unknown, action: Action): string | undefined {
  const { environment } = action;
  const wanted = [...Object.keys(action.inputs), ...(environment.kind === 'buildroot' ? [''] : [])].sort();
  if (!isRecord(inputs) || Object.keys(inputs).sort().join('\n') !== wanted.join('\n'))
    return 'does not say where its inputs are from';
  for (const [input, value] of Object.entries(inputs)) {
    const isFile = isRecord(value) && Number.isSafeInteger(value['size']) && Number(value['size']) >= 0;
    if (isFile && action.inputs[input]?.startsWith('file:') === true) continue;
    const sound =
      isRecord(value) &&
      typeof value['from'] === 'string' &&
      isSha256(value['from']) &&
      typeof value['output'] === 'string' &&
      isTable(value['outputs'], (path) => typeof path === 'string' && isInner(path.replace(/\/$/, ''))) &&
      Object.hasOwn(value['outputs'] as object, value['output']);
    if (!sound) return `does not say where its input ${JSON.stringify(input.slice(0, 100))} is from`;
  }
  return undefined;
}

function isTable(value: unknown, isSound: (each: unknown) => boolean): boolean {
  return isRecord(value) && Object.entries(value).every(([key, each]) => key !== '' && isSound(each));
}

function isParameter(value: unknown): boolean {
  const plain = (each: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof each);
  return plain(value) || (Array.isArray(value) && value.every(plain));
}

function isWord(value: unknown): boolean {
  const [, digest = ''] = /^(?:file|executable|directory):(.+)$/.exec(String(value)) ?? [];
  return typeof value === 'string' && isSha256(digest);
}

/** Does a path stay in the folder that it is relative to? */
export function isInner(path: string): boolean {
  const parts = path.split('/');
  return (
    path.length <= 1000 && !/[\0\\]/.test(path) && parts.every((part) => !['', '.', '..'].includes(part))
  );
}

export function isBlob(value: unknown): value is Blob {
  return (
    isRecord(value) &&
    typeof value['digest'] === 'string' &&
    isSha256(value['digest']) &&
    Number.isSafeInteger(value['size']) &&
    Number(value['size']) >= 0
  );
}

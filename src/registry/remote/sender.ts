import PQueue from 'p-queue';
import { sha256 } from '../../base/index.ts';
import { sendBlob, type Upload } from './blobs.ts';
import type { Descriptor } from './manifests.ts';
import type { Remote } from './remote.ts';

/** Blobs that are sent or asked for at a time; registries refuse who comes with many more. */
export const atOnce = 4;

/** Sends blobs, four at a time, and counts them. */
export class Sender {
  sent = 0;
  present = 0;
  readonly #remote: Remote;
  readonly #queue = new PQueue({ concurrency: atOnce });
  readonly #seen = new Set<string>();
  #fault: unknown;

  constructor(remote: Remote) {
    this.#remote = remote;
  }

  /** Resolves when the blob is on its way, with few before it. @throws what an earlier one failed for */
  async send(upload: Upload, after: () => Promise<unknown> = () => Promise.resolve()): Promise<void> {
    await this.#queue.onSizeLessThan(1);
    if (this.#fault !== undefined) throw this.#fault as Error;
    if (this.#seen.has(upload.digest)) {
      await after();
      return;
    }
    this.#seen.add(upload.digest);
    this.#queue
      .add(async () => {
        const sent = await sendBlob(this.#remote, upload);
        this.sent += sent;
        this.present += upload.size - sent;
        await after();
      })
      .catch((error: unknown) => (this.#fault ??= error));
  }

  async sendBytes(
    bytes: Buffer,
    mediaType: string,
    annotations?: Readonly<Record<string, string>>,
  ): Promise<Descriptor> {
    const upload = { digest: `sha256:${sha256(bytes)}`, size: bytes.length };
    await this.send({ ...upload, content: bytes });
    return { mediaType, ...upload, ...(annotations !== undefined && { annotations }) };
  }

  /** Resolves when all of them are there. */
  async done(): Promise<void> {
    await this.#queue.onIdle();
    if (this.#fault !== undefined) throw this.#fault as Error;
  }
}

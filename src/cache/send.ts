import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import PQueue from 'p-queue';
import { sha256, type Sha256 } from '../base/index.ts';
import { blobPath, blobsOf, requireBlob, type ActionResult, type Blob } from '../store/index.ts';
import { encodeActionResult } from './action-result.ts';
import type { CacheContext } from './context.ts';
import { encodeEntry, type Carried, type Entry } from './entry.ts';
import { partsOf, wholeLimit } from './parts.ts';
import { atOnce } from './agents.ts';
import { signEntry } from './signing.ts';

/**
 * Sends an action's blobs, those that the server lacks, and then its entry: whoever reads the entry finds all of them.
 * @param log the blob that holds the step's log
 * @throws CacheTrouble; DamagedBlob; Failure 'cannot-sign', 'no-program'
 */
export async function sendResult(context: CacheContext, result: ActionResult, log: Blob): Promise<void> {
  const { store, options, server } = context;
  const { key, outputs, notes, tools, started, duration } = result;
  const all = [...Object.values(outputs).flatMap((output) => blobsOf(store, output)), log];
  const different = new Map(all.map(({ digest, size }) => [digest, { digest, size }]));
  const sender = openSender(context);
  const blobs = await sender.all([...different.values()], (blob) => sendBlob(context, sender, blob));
  const entry: Entry = {
    ...{ key, outputs, notes, started, duration, log, blobs },
    ...(tools === undefined ? {} : { tools }),
  };
  const signed = options.sign === undefined ? { entry } : await signEntry(store, entry, options.sign);
  const document = encodeEntry(signed);
  const stdout = { digest: sha256(document), size: document.length };
  await sender.send(stdout.digest, () => server.write(`cas/${stdout.digest}`, document));
  const files = blobs
    .flatMap(({ parts, ...blob }) => parts ?? [blob])
    .map((blob) => ({ path: `blobs/${blob.digest}`, ...blob }));
  await server.write(`ac/${key}`, encodeActionResult({ files, stdout }));
  context.tally.pushed += 1;
}

/** Sends files of sources, by digest, whole: what pins them names no parts. @throws CacheTrouble; DamagedBlob */
export async function sendFiles(context: CacheContext, files: readonly Blob[]): Promise<void> {
  const { store, server } = context;
  const sender = openSender(context);
  await sender.all(files, ({ digest, size }) =>
    sender.send(digest, async () => {
      await requireBlob(store, { digest, size });
      await server.writeStream(`cas/${digest}`, size, () => createReadStream(blobPath(store, digest)));
    }),
  );
}

interface Sender {
  /** Sends what the server lacks, when there is room for one more request. */
  send(digest: Sha256, write: () => Promise<void>): Promise<void>;
  /** Waits until what is to be sent is less than that. */
  room(): Promise<void>;
  /** Does it for all, and fails for the first that fails when nothing is under way any more. */
  all<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]>;
}

function openSender({ server, there, wrong }: CacheContext): Sender {
  const queue = new PQueue({ concurrency: atOnce });
  return {
    send: (digest, write) =>
      queue.add(async () => {
        if (there.has(digest)) return;
        // What has other bytes there than its name says is there all the same, for a server.
        if (wrong.has(digest) || !(await server.has(`cas/${digest}`))) await write();
        there.add(digest);
      }),
    room: () => queue.onSizeLessThan(2 * atOnce),
    all: async (items, work) => {
      const outcomes = await Promise.allSettled(items.map(work));
      return outcomes.map((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason;
        return outcome.value;
      });
    },
  };
}

async function sendBlob({ store, server }: CacheContext, sender: Sender, blob: Blob): Promise<Carried> {
  await requireBlob(store, blob);
  const path = blobPath(store, blob.digest);
  if (blob.size <= wholeLimit) {
    await sender.send(blob.digest, async () => server.write(`cas/${blob.digest}`, await readFile(path)));
    return blob;
  }
  const parts: Blob[] = [];
  const sending: Promise<void>[] = [];
  for await (const { offset, ...part } of partsOf(path, blob.size)) {
    parts.push(part);
    const sent = sender.send(part.digest, async () =>
      server.write(`cas/${part.digest}`, await readPart(path, offset, part.size)),
    );
    // Whoever waits for all of them sees it; until then it must not be nobody's.
    sent.catch(() => undefined);
    sending.push(sent);
    await sender.room();
  }
  await sender.all(sending, (one) => one);
  return { ...blob, parts };
}

async function readPart(path: string, offset: number, size: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(size);
    await file.read(bytes, 0, size, offset);
    return bytes;
  } finally {
    await file.close();
  }
}

import { PbfReader, PbfWriter } from 'pbf';
import { isSha256, type Sha256 } from '../base/index.ts';
import type { Blob } from '../store/index.ts';

/** An OutputFile: a path, and the blob that it holds. */
export interface OutputFile extends Blob {
  readonly path: string;
}

/**
 * As much of build.bazel.remote.execution.v2.ActionResult as is said of an action. A server that reads it keeps an entry
 * only as long as it has every blob named in it.
 */
export interface RemoteResult {
  /** Field 2. */
  readonly files: readonly OutputFile[];
  /** Field 6, stdout_digest. */
  readonly stdout: Blob;
}

/** Writes it as protobuf; an exit code of 0 is not written, as proto3 has it. */
export function encodeActionResult({ files, stdout }: RemoteResult): Uint8Array {
  const writer = new PbfWriter();
  for (const file of files) writer.writeMessage(2, writeFile, file);
  writer.writeMessage(6, writeDigest, stdout);
  return writer.finish();
}

function writeFile({ path, ...blob }: OutputFile, writer: PbfWriter): void {
  writer.writeStringField(1, path);
  writer.writeMessage(2, writeDigest, blob);
}

function writeDigest({ digest, size }: Blob, writer: PbfWriter): void {
  writer.writeStringField(1, digest);
  if (size > 0) writer.writeVarintField(2, size);
}

/**
 * Reads where an action's entry is: its `stdout_digest`. All else that an ActionResult says of outputs, the entry says too.
 * @returns undefined for bytes that are no ActionResult, or one without a valid `stdout_digest`
 */
export function readStdoutDigest(bytes: Uint8Array): Blob | undefined {
  const found: { hash?: string; size: number } = { size: 0 };
  try {
    new PbfReader(bytes).readFields((tag, into, reader) => {
      if (tag !== 6) return;
      into.size = 0;
      reader.readMessage((inner, digest, nested) => {
        if (inner === 1) digest.hash = nested.readString();
        else if (inner === 2) digest.size = nested.readVarint();
      }, into);
    }, found);
  } catch {
    return undefined;
  }
  const { hash = '', size } = found;
  if (!isSha256(hash) || !Number.isSafeInteger(size) || size < 0) return undefined;
  return { digest: hash satisfies Sha256, size };
}

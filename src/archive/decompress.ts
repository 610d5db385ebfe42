import type { ChildProcessByStdio } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Failure } from '../base/index.ts';
import type { Compression } from './archive-name.ts';
import { lastLines } from '../host/programs/program.ts';
import { notStarted, startProgram } from '../host/programs/start-program.ts';

export interface Decompressed {
  /** Ends in any case, after a fault too early; destroying it ends the program behind it. */
  readonly stream: Readable;
  /** Rejects with Failure 'bad-archive' when the compressed bytes are damaged; not when the stream was destroyed. */
  readonly done: Promise<void>;
}

const programs = {
  xz: { program: 'xz', from: 'xz-utils' },
  bzip2: { program: 'bzip2', from: 'bzip2' },
  zstd: { program: 'zstd', from: 'zstd' },
} as const;

const chunkSize = 1 << 20;

/** The decompressed bytes of a file. */
export async function decompress(path: string, compression: Compression): Promise<Decompressed> {
  switch (compression) {
    case 'none':
      return { stream: createReadStream(path, { highWaterMark: chunkSize }), done: Promise.resolve() };
    case 'gzip':
      return gunzip(path);
    default:
      return throughProgram(path, programs[compression]);
  }
}

function gunzip(path: string): Decompressed {
  const source = createReadStream(path, { highWaterMark: chunkSize });
  const inflate = createGunzip({ chunkSize: 1 << 18 });
  const stream = new PassThrough({ highWaterMark: chunkSize });
  source.pipe(inflate).pipe(stream, { end: false });
  stream.once('close', () => source.destroy());
  const done = new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      if (stream.destroyed) resolve();
      else reject(badArchive('gunzip', error.message));
      stream.end();
    };
    source.once('error', fail);
    inflate.once('error', fail);
    inflate.once('end', () => {
      resolve();
      stream.end();
    });
  });
  return { stream, done: watched(done) };
}

async function throughProgram(
  path: string,
  { program, from }: { readonly program: string; readonly from: string },
): Promise<Decompressed> {
  const file = await open(path, 'r');
  const child = startProgram(program, ['-dc'], { stdio: [file.fd, 'pipe', 'pipe'] }) as ChildProcessByStdio<
    null,
    Readable,
    Readable
  >;
  const stream = new PassThrough({ highWaterMark: chunkSize });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  child.stdout.pipe(stream, { end: false });
  stream.once('close', () => child.kill('SIGKILL'));
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(notStarted(program, from, cause));
      stream.end();
    });
    child.once('close', (code) => {
      if (code === 0 || stream.destroyed) resolve();
      else reject(badArchive(program, lastLines(said)));
      stream.end();
    });
  });
  const result = { stream, done: watched(done) };
  await file.close();
  return result;
}

/** Whoever reads the stream asks for the fault only after the end of it. */
function watched(done: Promise<void>): Promise<void> {
  done.catch(() => undefined);
  return done;
}

function badArchive(program: string, said: string): Failure {
  return new Failure('bad-archive', `the archive is damaged: ${program} says: ${said}`);
}

import { stat } from 'node:fs/promises';
import { Failure } from '../base/index.ts';

/** @throws Failure 'cannot-write' when what is to be written is, by whatever name, the file that it is made of */
export async function refuseSameFile(input: string, output: string): Promise<void> {
  const [read, written] = await Promise.all(
    [input, output].map((path) => stat(path, { bigint: true }).catch(() => undefined)),
  );
  if (read === undefined || read.dev !== written?.dev || read.ino !== written.ino) return;
  throw new Failure('cannot-write', `${output} is the input file itself; give another name`);
}

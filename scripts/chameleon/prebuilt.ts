import { readFileSync } from 'node:fs';
import { Failure, sha256 } from '#base';
import type { Step } from 'cidermill/step';

/**
 * Takes a loader that was made elsewhere.
 * @param folder as the step's commands see it: the file `boot` is in it
 * @throws Failure 'no-prebuilt' or 'wrong-prebuilt'
 */
export async function takePrebuilt({ $ }: Step, folder: string, pinned: string): Promise<Uint8Array> {
  const how = '--source chameleon.tree=FOLDER, with the file `boot` in it, and --set sha256=DIGEST';
  if (pinned === '')
    throw new Failure('no-prebuilt', 'a prebuilt loader needs its digest', { hint: `Give ${how}.` });
  const copied = await $`cp ${folder}/boot prebuilt`.nothrow().quiet();
  if (copied.exitCode !== 0) {
    throw new Failure('no-prebuilt', 'the source chameleon.tree has no file `boot`', {
      hint: `Give ${how}.`,
    });
  }
  const image = readFileSync('prebuilt');
  const found = sha256(image);
  if (found !== pinned) {
    throw new Failure('wrong-prebuilt', `the loader has the sha256 ${found}, expected ${pinned}`);
  }
  return image;
}

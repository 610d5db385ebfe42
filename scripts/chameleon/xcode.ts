import { existsSync, readFileSync } from 'node:fs';
import { Failure } from '#base';
import type { Step } from 'cidermill/step';
import { answerWith, type Identity } from './generate.ts';

/**
 * Builds stage 2 as upstream does, with its own make targets and Apple's tools.
 * @param tree in the work folder; it is written to
 */
export async function buildXcode({ $ }: Step, tree: string, identity: Identity): Promise<Uint8Array> {
  if (process.platform !== 'darwin') {
    throw new Failure('no-xcode', 'via=xcode needs a Mac with Xcode', {
      hint: 'On other systems leave `via` out: the loader is then cross-compiled.',
    });
  }
  const path = answerWith(identity);
  for (const goal of [['rebuild_config'], []]) await $`PATH="$PWD/${path}:$PATH" make -C ${tree} ${goal}`;
  const boot = `${tree}/sym/i386/boot`;
  if (!existsSync(boot)) throw new Failure('no-loader', `upstream's make left no ${boot}`);
  return readFileSync(boot);
}

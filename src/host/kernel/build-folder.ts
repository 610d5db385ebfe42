import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure, sha256 } from '../../base/index.ts';

/** What a module's build depends on in the folder it is made in; each list's first that is there. */
const telling = [
  ['include/generated/utsrelease.h', 'include/linux/utsrelease.h'],
  ['.config', 'include/config/auto.conf'],
  ['Module.symvers'],
];

/**
 * The parameters that have a recipe build modules in a folder of the host's: its path, and a digest of the kernel's
 * release, configuration and symbols, so that another kernel at the same path is another build.
 * @param folder /lib/modules/RELEASE/build, or a kernel tree that was built
 * @throws Failure 'no-headers' when modules cannot be built in it
 */
export function kernelFolderParameters(folder: string): Readonly<Record<'kernel-dir' | 'kernel-id', string>> {
  const path = resolve(folder);
  const texts = telling.map((names) => {
    const found = names.map((name) => join(path, name)).find((file) => existsSync(file));
    if (found !== undefined) return sha256(readFileSync(found));
    throw new Failure('no-headers', `${path} has no ${names[0] ?? ''}: modules cannot be built in it`, {
      hint: 'Install the headers of the kernel that runs: linux-headers-$(uname -r).',
    });
  });
  return { 'kernel-dir': path, 'kernel-id': sha256(texts.join('\n')) };
}

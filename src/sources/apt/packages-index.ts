import { join } from 'node:path';
import PQueue from 'p-queue';
import { runWell } from '../../host/programs/program.ts';
import type { LockedFile } from '../locked.ts';
import { fileName } from '../locked.ts';

/** The text of a `Packages` index of .deb files that lie in a folder. Their control fields are asked of dpkg-deb. */
export async function packagesIndex(packages: readonly LockedFile[], folder: string): Promise<string> {
  const queue = new PQueue({ concurrency: 4 });
  const stanzas = await queue.addAll(
    packages.map((one) => async () => {
      const name = fileName(one.file);
      const stdout = await runWell('dpkg-deb', ['--field', join(folder, name)], {
        what: `the package ${name} cannot be read`,
        from: 'dpkg',
        limit: 1 << 24,
      });
      return `${stdout.trimEnd()}\nFilename: ./${name}\nSize: ${one.size}\nSHA256: ${one.sha256}\n`;
    }),
  );
  return stanzas.join('\n');
}

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import type { KernelWorld } from './world.ts';

/** A field of a module's own description. @throws Failure 'modinfo' when the file has none, or there is no modinfo */
export async function moduleField(world: KernelWorld, file: string, field: string): Promise<string> {
  const { code, stdout, stderr } = await world.run(['modinfo', '-F', field, file]);
  if (code === 0) return stdout.trim();
  throw new Failure('modinfo', `modinfo could not read ${file}: ${stderr.trim()}`, {
    hint: code === 127 ? 'Install the package kmod.' : undefined,
  });
}

/**
 * Compares a module's vermagic with that of a module the running kernel came with. Without one to compare with, with
 * the kernel's release alone: the kernel itself checks the rest.
 * @throws Failure 'vermagic' with both
 */
export async function checkVermagic(
  world: KernelWorld,
  kernel: string,
  files: readonly string[],
): Promise<void> {
  const own = findModule(join(world.root, 'lib/modules', kernel));
  const wanted = own === undefined ? kernel : await moduleField(world, own, 'vermagic');
  for (const file of files) {
    const found = await moduleField(world, file, 'vermagic');
    if (own === undefined ? found.split(' ')[0] === wanted : found === wanted) continue;
    throw new Failure(
      'vermagic',
      `${file} is not for the kernel that runs:\n  module: ${found}\n  kernel: ${wanted}`,
      {
        hint: 'Build for this kernel: cidermill run kvm-modules --kernel-dir /lib/modules/$(uname -r)/build',
      },
    );
  }
}

/** The kernel's own kvm module, or else any of its modules. */
function findModule(folder: string): string | undefined {
  const kvm = join(folder, 'kernel/arch/x86/kvm');
  for (const start of [kvm, folder]) {
    if (!existsSync(start)) continue;
    const found = readdirSync(start, { recursive: true, encoding: 'utf8' }).find((path) =>
      /\.ko(\.(xz|zst|gz))?$/.test(path),
    );
    if (found !== undefined) return join(start, found);
  }
  return undefined;
}

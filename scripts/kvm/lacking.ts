import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from 'cidermill/step';
import type { Kernels } from './kernels.ts';

/** Where headers lie in a kernel's source, and in its build folder. */
const places = [
  'include',
  'include/uapi',
  'include/generated/uapi',
  'arch/x86/include',
  'arch/x86/include/uapi',
  'arch/x86/include/generated',
  'arch/x86/include/generated/uapi',
];

/** `virt/kvm` serves other architectures too; theirs, which a condition keeps out on x86. */
const ofOthers = new Set(['asm/kvm_ppc.h']);

/** A header that every kernel has: where it is not found, it is not known where B's lie. */
const everywhere = 'linux/module.h';

/**
 * Headers of the kernel that A's KVM includes and that neither kvm-kmod's folders nor B have, in order: "asm/vmxfeatures.h".
 * Conditions around an include are not looked at, so that not all of them need be missed.
 * @param linux A's tree
 * @param kmod kvm-kmod's tree after `sync`
 * @returns none where it is not known where B's headers lie
 */
export async function lackingHeaders(
  { $ }: Pick<Step, '$'>,
  { folder }: Pick<Kernels, 'folder'>,
  linux: string,
  kmod: string,
): Promise<string[]> {
  const own = [...places, 'include-compat'].map((place) => join(kmod, place));
  const wanted = includedHeaders(linux).filter((name) => !own.some((place) => existsSync(join(place, name))));
  const source = sourceFolder((await $`cat ${folder}/Makefile 2>/dev/null`.nothrow().quiet()).stdout);
  const roots = [folder, `${folder}/source`, ...(source === '' || source === undefined ? [] : [source])];
  const folders = roots.flatMap((root) => places.map((place) => `${root}/${place}`));
  const headers =
    await $`for at in ${folders}; do if cd "$at"; then find -L asm linux -name '*.h' || true; fi; done 2>/dev/null`
      .nothrow()
      .quiet();
  const there = new Set(headers.stdout.split('\n'));
  return there.has(everywhere) ? wanted.filter((name) => !there.has(name)) : [];
}

/** What the files of a tree's KVM include of the kernel's, each once, in order. */
export function includedHeaders(linux: string): string[] {
  const found = new Set<string>();
  for (const folder of ['arch/x86/kvm', 'virt/kvm']) {
    for (const entry of readdirSync(join(linux, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.[chS]$/.test(entry.name)) continue;
      const text = readFileSync(join(entry.parentPath, entry.name), 'latin1');
      for (const [, name = ''] of text.matchAll(
        /^[ \t]*#[ \t]*include[ \t]*<((?:asm|linux)\/[\w/.-]+\.h)>/gm,
      ))
        if (!ofOthers.has(name)) found.add(name);
    }
  }
  return [...found].sort();
}

/** Where the source lies that a distribution's build folder belongs to, by the Makefile there. */
function sourceFolder(makefile: string): string | undefined {
  return /^(?:include[ \t]+(\/\S+)\/Makefile$|.*[ \t]-C[ \t]+(\/\S+))/m.exec(makefile)?.slice(1).join('');
}

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Step } from 'cidermill/step';
import type { Kernels } from './kernels.ts';
import { objectLists, replaceLists, selectedOptions } from './objects.ts';

/**
 * What kvm-kmod's `sync` reads of A by name, and does without only when it is empty: made, empty, in A's tree.
 * @param sync its text
 * @param linux A's tree
 * @returns what was made
 */
export function makeMissing(sync: string, linux: string): string[] {
  const lists = [...sync.matchAll(/^hack_files\s*=[^{]*\{([^}]*)\}/gm)].flatMap(([, block = '']) =>
    words(block),
  );
  const sources = lists
    .filter((name) => !existsSync(join(linux, 'virt/kvm', name)))
    .map((name) => `arch/x86/kvm/${name}`);
  const headers = [...sync.matchAll(/hack_file\(\s*\w+\s*,\s*'include\/asm-x86\/(\w+\.h)'/g)].map(
    ([, name = '']) => `arch/x86/include/asm/${name}`,
  );
  const missing = [...new Set([...sources, ...headers])].filter((path) => !existsSync(join(linux, path)));
  for (const path of missing) {
    mkdirSync(join(linux, dirname(path)), { recursive: true });
    writeFileSync(join(linux, path), '');
  }
  return missing;
}

/** Headers of A's that its KVM needs and that `sync` does not take, for a B that is older. */
const newerHeaders = ['insn-eval.h', 'pkeys.h'];

/**
 * Which objects kvm-kmod has sources of; asked before `sync` lays A's beside them. In a tree that was used before, those of
 * an earlier A lie there already: what has the name of a file of A's is A's.
 * @param linux A's tree, with what `makeMissing` made
 */
export function ownObjects(kmod: string, linux: string): (object: string) => boolean {
  const ofA = (name: string): boolean =>
    ['arch/x86/kvm', 'virt/kvm'].some((folder) => existsSync(join(linux, folder, name)));
  const beside = readdirSync(join(kmod, 'x86')).filter((name) => !ofA(name));
  const sources = [...readdirSync(kmod), ...beside.map((name) => `x86/${name}`)];
  const own = new Set(
    sources
      .filter((name) => /\.[cS]$/.test(name) && !name.endsWith('.mod.c'))
      .map((name) => name.replace(/\.[cS]$/, '.o')),
  );
  return (object) => own.has(join('x86', object));
}

/** Brings what `sync` leaves out of an A that is newer than it: folders, object lists, generated offsets, headers. */
export async function completeSync(
  step: Step,
  kernels: Kernels,
  folders: { readonly linux: string; readonly kmod: string; readonly work: string },
  isOwn: (object: string) => boolean,
  olderB: boolean,
): Promise<void> {
  const { linux, kmod, work } = folders;
  const kvm = join(linux, 'arch/x86/kvm');
  for (const entry of readdirSync(kvm, { withFileTypes: true })) {
    const to = join(kmod, 'x86', entry.name);
    if (entry.isDirectory() && !existsSync(to)) cpSync(join(kvm, entry.name), to, { recursive: true });
  }
  for (const name of olderB ? newerHeaders : []) {
    const from = join(linux, 'arch/x86/include/asm', name);
    if (existsSync(from)) cpSync(from, join(kmod, 'include/asm-x86', name));
  }
  const configured = (await step.$`cat ${kernels.folder}/include/config/auto.conf`.quiet()).stdout;
  const selected = selectedOptions(readFileSync(join(kvm, 'Kconfig'), 'utf8')).filter(
    (option) => !configured.includes(`\nCONFIG_${option}=`),
  );
  const lists = await objectLists(step, join(work, linux), kernels.folder, selected);
  const kbuild = join(kmod, 'x86/Kbuild');
  const extra = selected.map((option) => `ccflags-y += -DCONFIG_${option}=1\n`).join('');
  const offsets = existsSync(join(kvm, 'kvm-asm-offsets.c')) ? asmOffsets : '';
  writeFileSync(kbuild, replaceLists(readFileSync(kbuild, 'utf8'), lists, isOwn) + extra + offsets);
}

/** Since 6.0 the entry code in assembler reads the offsets of its structures from a header that the build makes. */
const asmOffsets = `
AFLAGS_svm/vmenter.o := -iquote $(obj)
AFLAGS_vmx/vmenter.o := -iquote $(obj)
$(obj)/svm/vmenter.o $(obj)/vmx/vmenter.o: $(obj)/kvm-asm-offsets.h
$(obj)/kvm-asm-offsets.h: $(obj)/kvm-asm-offsets.s FORCE
\t$(call filechk,offsets,__KVM_ASM_OFFSETS_H__)
targets += kvm-asm-offsets.s
`;

function words(block: string): string[] {
  return [...block.matchAll(/[\w./-]+\.[chS]\b/g)].map(([word]) => word);
}

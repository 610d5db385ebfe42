import type { Step } from 'cidermill/step';

/** Module → the objects it is linked from: of A's own Makefile, named as they lie in kvm-kmod's folder x86/. */
export type ObjectLists = Readonly<Record<'kvm' | 'kvm-intel' | 'kvm-amd', readonly string[]>>;

const modules = ['kvm', 'kvm-intel', 'kvm-amd'] as const;

/**
 * Asks make what A's Makefile links under B's configuration.
 * @param linux A's tree, absolute
 * @param selected options that A's KVM brings with it and B need not know
 */
export async function objectLists(
  { $ }: Pick<Step, '$'>,
  linux: string,
  kernelB: string,
  selected: readonly string[],
): Promise<ObjectLists> {
  const makefile = [
    `include ${kernelB}/include/config/auto.conf`,
    ...selected.map((option) => `CONFIG_${option} := y`),
    `srctree := ${linux}`,
    'obj := .',
    `include ${linux}/arch/x86/kvm/Makefile`,
    '.PHONY: lists',
    'lists:',
    ...modules.map((name) => `\t@echo ${name} $(${name}-y) $(${name}-m) $(${name}-objs)`),
    '',
  ].join('\n');
  const { stdout } = await $({ input: makefile })`make -s --no-print-directory -f - lists`.quiet();
  const lines = new Map(
    stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .map(([name, ...rest]) => [name, rest]),
  );
  // `sync` lays virt/kvm beside arch/x86/kvm.
  const flat = (name: string): string[] =>
    (lines.get(name) ?? []).map((object) => object.replace(/^(\.\.\/)+virt\/kvm\//, ''));
  return { kvm: flat('kvm'), 'kvm-intel': flat('kvm-intel'), 'kvm-amd': flat('kvm-amd') };
}

/** The options that A's Kconfig selects for KVM, whatever else is configured. */
export function selectedOptions(kconfig: string): string[] {
  const [, block = ''] = /^config KVM\n((?:[ \t].*\n|\n)*)/m.exec(kconfig) ?? [];
  return [...block.matchAll(/^\s*select (\w+)\s*$/gm)].map(([, option]) => option ?? '');
}

/**
 * kvm-kmod's Kbuild with A's object lists: its own objects, which it has sources of before `sync`, stay.
 * @param isOwn is there a source of this object in kvm-kmod's tree?
 */
export function replaceLists(kbuild: string, lists: ObjectLists, isOwn: (object: string) => boolean): string {
  const joined = kbuild.replaceAll(/\\\n/g, ' ');
  const assignments = modules.map((name) => {
    const written = [...joined.matchAll(new RegExp(`^${name}-objs\\s*[:+]?=(.*)$`, 'gm'))];
    const own = written
      .flatMap(([, objects = '']) => objects.split(/\s+/))
      .filter((object) => object !== '' && isOwn(object));
    return `${name}-objs := ${[...new Set([...lists[name], ...own])].join(' ')}`;
  });
  return `${kbuild}\n# Kernel A's own lists.\n${assignments.join('\n')}\n`;
}

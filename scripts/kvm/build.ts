import type { Step } from 'cidermill/step';

/** The flags that keep debug information and the work folder's path out of the modules, so that any folder makes the same. */
export function pathFree(folder: string): string[] {
  const map = `${folder}=/usr/src/kvm`;
  const flags = `-g0 -ffile-prefix-map=${map}`;
  // Kernels before 5.12 have the assembler make debug information whatever -g says.
  return [`KCFLAGS=${flags}`, `KAFLAGS=${flags} -Wa,--debug-prefix-map=${map}`];
}

/**
 * Where kernel B's source lies beside its build folder, for kvm-kmod's make. `configure` guesses it from the build folder's
 * path, which is right for /lib/modules/RELEASE/build alone; the kernel's own build knows it wherever that folder lies.
 * @param config what `configure` wrote
 */
export function sourceOfKbuild(config: string): string[] {
  // kvm-kmod's make turns $$ into $, its shell takes the backslash, and the kernel's make sees $(srctree).
  return /^KERNELSOURCEDIR[ \t]*=[ \t]*\S/m.test(config) ? ['KERNELSOURCEDIR=\\$$(srctree)'] : [];
}

/** Runs a kernel build and shows how many files are compiled. */
export async function make({ $, jobs, progress }: Step, args: readonly string[]): Promise<void> {
  let done = 0;
  for await (const line of $`make -j${jobs} ${args} 2>&1`) {
    if (/^\s*(CC|AS|LD)\b/.test(line)) progress(++done, undefined, 'files', line.split('/').pop());
  }
}

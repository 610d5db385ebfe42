import { Failure } from '#base';
import { versionOfMakefile } from '#host/kernel';
import type { Step } from 'cidermill/step';

/** The two kernels of a build: A, whose KVM it is, and B, which the modules are for. */
export interface Kernels {
  /** A's version by its Makefile. */
  readonly a: string;
  /** B's release, as `uname -r` says it there. */
  readonly b: string;
  /** The folder that `make -C` builds modules of B in: of B's headers, or of its tree. */
  readonly folder: string;
}

/** @param tree kernel A's, as the step's commands see it */
export async function readKernels({ $, text }: Step, tree: string): Promise<Kernels> {
  const given = text('kernel-dir');
  const found = given === '' ? await onlyHeaders($) : given;
  // The second one is where it was before 2.6.33. Debian's kernel.release has the version that uname does not say.
  const headers = ['generated', 'linux'].map((part) => `${found}/include/${part}/utsrelease.h`);
  const release = await $`cat ${headers} 2>/dev/null`.nothrow().quiet();
  const makefile = await $`cat ${tree}/Makefile`.quiet();
  const b = /^#define UTS_RELEASE "(.+)"$/m.exec(release.stdout)?.[1];
  if (b === undefined) {
    throw new Failure(
      'no-headers',
      `${found} has no include/generated/utsrelease.h: modules cannot be built in it`,
    );
  }
  return { a: versionOfMakefile(makefile.stdout), b, folder: found };
}

async function onlyHeaders($: Step['$']): Promise<string> {
  const folders = (await $`ls -d /lib/modules/*/build`.quiet()).lines();
  const [only, second] = folders;
  if (only !== undefined && second === undefined) return only;
  throw new Failure(
    'no-headers',
    `the environment has headers of ${folders.length} kernels: ${folders.join(', ')}`,
    { hint: 'A buildroot for KVM modules has those of one; on the host name it with --kernel-dir.' },
  );
}

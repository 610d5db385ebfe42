import { Failure } from '#base';

/** Refuses a tree whose makefiles compile nothing by $(CC), the compiler that we give, but by others. */
export function ownToolChain(compilers: readonly string[]): Failure {
  return new Failure(
    'own-tool-chain',
    `the tree compiles i386/boot2 with ${compilers.join(', ')}, a tool chain of its own`,
    { hint: prebuiltHint },
  );
}

/** The way out for a tree that cannot be built here. */
export const prebuiltHint =
  'Only objects that $(CC) compiles to Mach-O are supported, as in the upstream tree. Give the loader that the tree itself makes: ' +
  '--set via=prebuilt --set sha256=DIGEST --source chameleon.tree=FOLDER, the file `boot` in it.';

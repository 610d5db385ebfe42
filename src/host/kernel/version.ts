import { Failure } from '../../base/index.ts';

/** A kernel's version as numbers, the missing ones 0: 6.1.0-50-amd64 is [6, 1, 0], 2.6.37 is [2, 6, 37]. */
export type KernelVersion = readonly [number, number, number];

/** @throws Failure 'kernel-version' when the text does not begin with a version */
export function parseKernelVersion(text: string): KernelVersion {
  const [, version, patchlevel, sublevel] = /^(\d{1,3})\.(\d{1,4})(?:\.(\d{1,5}))?/.exec(text) ?? [];
  if (version === undefined)
    throw new Failure('kernel-version', `"${text.slice(0, 80)}" is not the version of a kernel`);
  return [Number(version), Number(patchlevel), Number(sublevel ?? 0)];
}

/** The version that a kernel tree's top Makefile sets. */
export function versionOfMakefile(makefile: string): string {
  const value = (name: string): string =>
    new RegExp(`^${name}\\s*=\\s*(\\d+)\\s*$`, 'm').exec(makefile)?.[1] ?? '';
  const [version, patchlevel, sublevel] = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(value);
  if (version === '' || patchlevel === '')
    throw new Failure(
      'kernel-version',
      "the tree's Makefile sets no VERSION and PATCHLEVEL: it is not a kernel tree",
    );
  return [version, patchlevel, sublevel].filter((part) => part !== '').join('.');
}

/** Negative when a is older than b. */
export function compareKernels(a: KernelVersion, b: KernelVersion): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** What the kernel's developers count as one release: 6.1, 5.10, and up to 2.6 the third number too. */
export function seriesOf([version, patchlevel, sublevel]: KernelVersion): KernelVersion {
  return version < 3 ? [version, patchlevel, sublevel] : [version, patchlevel, 0];
}

export function showSeries(kernel: KernelVersion): string {
  const [version, patchlevel, sublevel] = seriesOf(kernel);
  return version < 3 ? `${version}.${patchlevel}.${sublevel}` : `${version}.${patchlevel}`;
}

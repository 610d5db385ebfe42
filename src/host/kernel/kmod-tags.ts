import { Failure } from '../../base/index.ts';
import { compareKernels, parseKernelVersion, seriesOf, showSeries, type KernelVersion } from './version.ts';

/** How kvm-kmod serves a pair of kernels. */
export interface KmodUse {
  /** Is kernel A newer than the tag knows, so that the tree it is given and its object lists have to be adapted? */
  readonly adapted: boolean;
}

/** A kernel series from and to, both included. */
interface Range {
  readonly from: KernelVersion;
  readonly to: KernelVersion;
}

/** The oldest kernel B that any release of kvm-kmod builds for. */
const oldest: KernelVersion = [2, 6, 24];
const firstTag: KernelVersion = [2, 6, 37];
const lastTag: KernelVersion = [3, 10, 0];

/**
 * kvm-kmod's head was last brought up to Linux 5.6; up to 6.1 its tree has been adapted and tried. Its `configure` lets
 * kernels from 3.7 on pass, but what it has for older ones begins at 4.17, and uses what 4.12 and 4.15 (which 4.14's updates
 * have too) brought: kvmalloc_array(), asm/nospec-branch.h.
 */
const head = { own: [5, 6, 0], adapted: [6, 1, 0], oldest: [4, 14, 0] } as const;

/** What a revision of kvm-kmod builds: KVM of the kernels A for the kernels B. */
interface Served {
  readonly a: Range;
  readonly b: Range;
  readonly adapted: boolean;
}

/** @param tag `kvm-kmod-3.10.21` and the like; anything else is taken for the head of its development */
function served(tag: string): Served[] {
  const version = /^kvm-kmod-(\d+\.\d+.*)$/.exec(tag)?.[1];
  if (version !== undefined) {
    const own = seriesOf(parseKernelVersion(version));
    return [{ a: { from: own, to: own }, b: { from: oldest, to: own }, adapted: false }];
  }
  return [
    { a: { from: head.own, to: head.own }, b: { from: head.oldest, to: head.own }, adapted: false },
    // Its compatibility layer ends at 5.6: what is newer than that fits the kernel it comes from.
    { a: { from: [5, 7, 0], to: head.adapted }, b: { from: [5, 7, 0], to: head.adapted }, adapted: true },
  ];
}

/**
 * Which way kvm-kmod takes KVM of kernel A to kernel B.
 * @throws Failure 'kmod-range' with what the tag serves and what to do instead
 */
export function chooseKmod(tag: string, a: string, b: string): KmodUse {
  const [from, to] = [parseKernelVersion(a), parseKernelVersion(b)];
  const [seriesA, seriesB] = [seriesOf(from), seriesOf(to)];
  const all = served(tag);
  const found = all.find(
    (one) =>
      isIn(one.a, seriesA) &&
      isIn(one.b, seriesB) &&
      (!one.adapted || compareKernels(seriesA, seriesB) === 0),
  );
  if (found !== undefined) return { adapted: found.adapted };
  throw new Failure(
    'kmod-range',
    `kvm-kmod at ${tag} does not bring KVM of Linux ${a} to Linux ${b}.\n${all.map(describe).join('\n')}`,
    { hint: alternative(tag, seriesA, seriesB) },
  );
}

function describe({ a, b, adapted }: Served): string {
  if (adapted) return `It serves kernel A ${show(a)} (adapted) for a kernel B of the same series.`;
  return `It serves kernel A ${show(a)} for kernel B ${show(b)}.`;
}

function alternative(tag: string, a: KernelVersion, b: KernelVersion): string {
  if (compareKernels(a, b) === 0 && compareKernels(b, [4, 0, 0]) >= 0)
    return `Both are ${showSeries(a)}: the recipe kvm-modules builds them without kvm-kmod.`;
  const itself = `Take KVM of Linux ${showSeries(b)} itself: the recipe kvm-modules with linux=${showSeries(b)}.N`;
  if (compareKernels(b, [3, 15, 0]) >= 0)
    return `${itself}. (From 3.15 on OS X 10.8 and later need no modules at all.)`;
  // No release of kvm-kmod is for these, and its head no longer is.
  if (compareKernels(b, lastTag) > 0) return `${itself} and patches=ioapic-polarity.`;
  if (compareKernels(a, lastTag) > 0)
    return `For Linux ${showSeries(b)} take KVM of Linux 3.10 and tag=kvm-kmod-3.10.21.`;
  if (compareKernels(a, firstTag) < 0)
    return 'The oldest KVM that kvm-kmod has a tag for is that of Linux 2.6.37.';
  const own = `kvm-kmod-${showSeries(a)}`;
  return tag.startsWith(own)
    ? `Kernel B must be ${show({ from: oldest, to: a })}.`
    : `For KVM of Linux ${showSeries(a)} take one of its own tags, ${own} and those that follow it.`;
}

function isIn({ from, to }: Range, kernel: KernelVersion): boolean {
  return compareKernels(kernel, from) >= 0 && compareKernels(kernel, to) <= 0;
}

function show({ from, to }: Range): string {
  return compareKernels(from, to) === 0 ? showSeries(from) : `${showSeries(from)} to ${showSeries(to)}`;
}

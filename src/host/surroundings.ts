import { statfsSync } from 'node:fs';
import { readHostFacts, type HostFacts } from './host-facts.ts';
import { readNamespaceLimits, type NamespaceLimits } from './namespaces/namespace-limits.ts';
import { hostTools } from './programs/packages.ts';
import { askQemu, type QemuFeatures } from './qemu.ts';
import { findTool } from './programs/tools.ts';
import { isProcBound, sandboxFault } from './namespaces/user-namespaces.ts';

/** All that the doctor looks at. */
export interface Surroundings {
  readonly host: HostFacts;
  /** The tools of `hostTools` that are there: name → path. */
  readonly tools: ReadonlyMap<string, string>;
  readonly isRoot: boolean;
  /** Why no sandbox can be made; undefined where one can. */
  readonly sandboxFault: string | undefined;
  /** Is the sandbox's /proc the container's? */
  readonly procBound: boolean;
  /** What may forbid one. */
  readonly namespaces: NamespaceLimits;
  /** Bytes, where the store is. */
  readonly free: number;
  /** Undefined where none exists, or what is there does not run. */
  readonly qemu: QemuFeatures | undefined;
}

/**
 * @param store a folder on the file system that will hold the store
 * @param qemu the program; absent: the one on PATH
 */
export function lookAround(store: string, qemu = findTool('qemu-system-x86_64')): Surroundings {
  const { bavail, bsize } = statfsSync(store);
  const found = hostTools.flatMap(({ tool }): [string, string][] => {
    const path = findTool(tool);
    return path === undefined ? [] : [[tool, path]];
  });
  return {
    host: readHostFacts(),
    tools: new Map(found),
    isRoot: process.getuid?.() === 0,
    sandboxFault: sandboxFault(),
    procBound: isProcBound(),
    namespaces: readNamespaceLimits(),
    free: bavail * bsize,
    qemu: qemu === undefined ? undefined : askQemu(qemu),
  };
}

import { findTool } from '../../../src/host/index.ts';
import { missingBecause } from './prepare.ts';

export { referenceLzfse } from './lzfse.ts';
export { fsckHfsPlus, makeHfsPlus, type FsckVerdict } from './hfsprogs.ts';
export { kernelListings, runLinux, type KernelEntry, type KernelListing } from './linux.ts';
export { debianFirmware, debianHfsDriver } from './firmware.ts';
export { fls, mmls, sgdiskVerify, type Slot } from './partition-tools.ts';

/** Programs of others that say whether what we wrote is right. */
export type Judge =
  | '7zz'
  | 'attr'
  | 'docker-registry'
  | 'nginx'
  | 'ovmf'
  | 'redis'
  | 'refind'
  | 'sgdisk'
  | 'sleuthkit'
  | 'systemd'
  | 'hfsprogs'
  | 'linux'
  | 'linux-kvm';

/** Why a judge cannot be asked on this machine; undefined when it can. */
export function absence(judge: Judge): string | undefined {
  switch (judge) {
    case '7zz':
    case 'sgdisk':
      return findTool(judge) === undefined ? `${judge} is not installed` : undefined;
    case 'sleuthkit':
      return findTool('mmls') === undefined ? 'sleuthkit is not installed' : undefined;
    case 'systemd':
      return findTool('systemd-analyze') === undefined ? 'systemd-analyze is not installed' : undefined;
    case 'attr':
    case 'hfsprogs':
    case 'nginx':
    case 'ovmf':
    case 'redis':
    case 'refind':
    case 'docker-registry':
      return named(judge);
    case 'linux':
    case 'linux-kvm':
      if (findTool('qemu-system-x86_64') === undefined) return 'qemu-system-x86_64 is not installed';
      return named(judge) ?? named('busybox');
  }
}

/**
 * Skips a test, saying why, when one of its judges is absent: `test('…', (context) => { needs(context, 'linux'); … })`.
 */
export function needs(context: { skip(note?: string): never }, ...judges: readonly Judge[]): void {
  const absent = judges.flatMap((judge) => absence(judge) ?? []);
  if (absent.length > 0) context.skip(absent.join('; '));
}

function named(folder: string): string | undefined {
  const reason = missingBecause(folder);
  return reason === undefined ? undefined : `the judge ${folder} is absent: ${reason}`;
}

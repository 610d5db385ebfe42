import { cached } from './cache.ts';

/** Debian's own build of OVMF, with 4 MiB, a network stack and more. */
export function debianFirmware(): { readonly code: string; readonly vars: string } {
  const folder = cached('ovmf/usr/share/OVMF');
  return { code: `${folder}/OVMF_CODE_4M.fd`, vars: `${folder}/OVMF_VARS_4M.fd` };
}

/** Debian's own build of rEFInd's HFS+ driver. */
export function debianHfsDriver(): string {
  return cached('refind/usr/share/refind/refind/drivers_x64/hfs_x64.efi');
}

import type { ByteSource } from '../../base/index.ts';
import { arMagic } from '../ar/index.ts';
import { arParts } from './ar.ts';
import { elfMagic, elfParts } from './elf.ts';
import { gzipMagic, gzipParts } from './gzip.ts';
import { machoParts } from './macho.ts';
import type { Part } from './part.ts';
import { isTar, tarParts } from './tar.ts';
import { zipMagic, zipParts } from './zip.ts';

export type { Part } from './part.ts';

/** What a file is made of, for those formats that are known here. */
export interface Anatomy {
  readonly format: 'ELF' | 'Mach-O' | 'ar' | 'tar' | 'gzip' | 'zip';
  readonly parts: readonly Part[];
}

/** @returns undefined for a file of another format @throws FormatError for a damaged one */
export async function anatomyOf(source: ByteSource): Promise<Anatomy | undefined> {
  const head = await source.read(0, Math.min(8, source.size));
  const begins = (magic: Uint8Array): boolean => magic.every((byte, index) => head[index] === byte);
  if (begins(elfMagic)) return { format: 'ELF', parts: await elfParts(source) };
  if (begins(Buffer.from(arMagic, 'latin1'))) return { format: 'ar', parts: await arParts(source) };
  if (begins(gzipMagic)) return { format: 'gzip', parts: await gzipParts(source) };
  if (begins(zipMagic)) return { format: 'zip', parts: await zipParts(source) };
  if (await isTar(source)) return { format: 'tar', parts: await tarParts(source) };
  const macho = await machoParts(source);
  return macho === undefined ? undefined : { format: 'Mach-O', parts: macho };
}

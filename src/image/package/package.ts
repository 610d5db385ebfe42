import { basename } from 'node:path';
import { FormatError, type ByteSource } from '../../base/index.ts';
import type { StreamedEntry } from '../../formats/cpio/index.ts';
import {
  judgeSignature,
  readMember,
  readXar,
  type SignatureReport,
  type XarMember,
} from '../../formats/xar/index.ts';
import { openPayload } from './open-payload.ts';

/** A flat installer package (.pkg): a xar archive whose Payload and Scripts are archives themselves. */
export interface Package {
  readonly source: ByteSource;
  readonly members: readonly XarMember[];
  readonly signatures: readonly SignatureReport[];
}

/** @throws FormatError when the source is no xar archive */
export async function readPackage(source: ByteSource): Promise<Package> {
  const xar = await readXar(source);
  if (xar === undefined) throw new FormatError('xar', 'not an installer package: no "xar!"', { offset: 0 });
  return { source, members: xar.members, signatures: xar.signatures.map(judgeSignature) };
}

/** Whether a member is an archive to go through, by its name. */
export function isArchive({ path, kind, data }: XarMember): boolean {
  return kind === 'file' && data !== undefined && ['Payload', 'Scripts'].includes(basename(path));
}

/** The entries of a payload or of scripts. */
export function packageEntries({ source }: Package, member: XarMember): AsyncGenerator<StreamedEntry> {
  return openPayload(readMember(source, member), member.data?.offset ?? 0);
}

import { basename } from 'node:path';
import { FormatError, type ByteSource } from '../../base/index.ts';
import type { StreamedEntry } from '../../formats/cpio/index.ts';
import { streamOf } from '../../formats/stream/index.ts';
import {
  judgeSignature,
  readMember,
  readXar,
  type SignatureReport,
  type XarMember,
} from '../../formats/xar/index.ts';
import { openPayload, packingHead, packingOf } from './open-payload.ts';

/**
 * A flat installer package (.pkg): a xar archive whose Payload and Scripts are archives themselves; a signed archive
 * (.xip), whose Content is one; or a payload by itself, as it is taken out of a package.
 */
export interface Package {
  readonly source: ByteSource;
  readonly members: readonly XarMember[];
  /** Those of the members that are archives to go through. */
  readonly archives: ReadonlySet<XarMember>;
  readonly signatures: readonly SignatureReport[];
  /** It is a payload by itself, without members: its entries are `payloadEntries`. */
  readonly isPayload: boolean;
}

/** @throws FormatError when the source is neither a xar archive nor a payload */
export async function readPackage(source: ByteSource): Promise<Package> {
  const xar = await readXar(source);
  if (xar !== undefined) {
    const { members } = xar;
    return {
      source,
      members,
      archives: new Set(members.filter((member) => isArchive(member, members))),
      signatures: await Promise.all(xar.signatures.map(judgeSignature)),
      isPayload: false,
    };
  }
  const head = await source.read(0, Math.min(packingHead, source.size));
  if (packingOf(head) === undefined) {
    throw new FormatError(
      'xar',
      'not an installer package ("xar!"), nor a payload of one (pbzx, cpio, gzip, bzip2, xz or LZMA)',
      { offset: 0, whole: true },
    );
  }
  return { source, members: [], archives: new Set(), signatures: [], isPayload: true };
}

/** By its name, and a .xip's by the member that stands beside it. */
function isArchive({ path, kind, data }: XarMember, members: readonly XarMember[]): boolean {
  if (kind !== 'file' || data === undefined) return false;
  if (['Payload', 'Scripts'].includes(basename(path))) return true;
  return path === 'Content' && members.some((each) => each.path === 'Metadata');
}

/** The entries of a payload or of scripts. */
export function packageEntries({ source }: Package, member: XarMember): AsyncGenerator<StreamedEntry> {
  return openPayload(readMember(source, member), member.data?.offset ?? 0);
}

/** The entries of a payload by itself. */
export function payloadEntries({ source }: Package): AsyncGenerator<StreamedEntry> {
  return openPayload(streamOf(source), 0);
}

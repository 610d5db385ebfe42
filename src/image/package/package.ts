import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure, FormatError, type ByteSource } from '../../base/index.ts';
import type { StreamedEntry } from '../../formats/cpio/index.ts';
import {
  judgeSignature,
  readMember,
  readXar,
  type SignatureReport,
  type XarMember,
} from '../../formats/xar/index.ts';
import { systemReason } from '../file-source.ts';
import { openPayload } from './open-payload.ts';
import { TreeWriter } from './tree-writer.ts';

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

export interface Extracted {
  readonly files: number;
  /** Devices and pipes, which are left out. */
  readonly skipped: readonly string[];
}

/** Extracts a package: payloads and scripts as folders, the other members as they are. The folder appears by rename. */
export async function extractPackage(pkg: Package, folder: string): Promise<Extracted> {
  const partial = join(
    dirname(resolve(folder)),
    `.${basename(resolve(folder))}.${process.pid}-${randomBytes(6).toString('hex')}.partial`,
  );
  try {
    await mkdir(partial).catch(cannotWrite(folder));
    const tree = new TreeWriter(partial);
    const state = { files: 0, skipped: [] as string[] };
    for (const member of pkg.members) await extractMember(pkg, member, tree, state);
    tree.finish();
    await rename(partial, folder).catch(cannotWrite(folder));
    return state;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

type State = { files: number; skipped: string[] };

async function extractMember(pkg: Package, member: XarMember, tree: TreeWriter, state: State): Promise<void> {
  const { path, kind, target } = member;
  if (isArchive(member)) {
    tree.folder(path, { mode: 0o755, time: member.time });
    await extractEntries(packageEntries(pkg, member), path, tree, state);
  } else if (kind === 'folder') tree.folder(path, member);
  else if (kind === 'link' && target !== undefined) tree.link(path, target);
  else if (kind === 'file') {
    await tree.file(path, readMember(pkg.source, member), member);
    state.files++;
  } else state.skipped.push(path);
}

async function extractEntries(
  entries: AsyncIterable<StreamedEntry>,
  below: string,
  tree: TreeWriter,
  state: State,
): Promise<void> {
  /** Names of one file, of which the first has the content: only those that come without are made links. */
  const first = new Map<string, string>();
  for await (const entry of entries) {
    const path = entry.path === '' ? below : `${below}/${entry.path}`;
    const known = entry.identity === undefined ? undefined : first.get(entry.identity);
    if (entry.kind === 'folder') tree.folder(path, entry);
    else if (entry.kind === 'link' && entry.target !== undefined) tree.link(path, entry.target);
    else if (entry.kind !== 'file') state.skipped.push(path);
    else if (known !== undefined && entry.size === 0) tree.hardLink(path, known);
    else {
      await tree.file(path, entry.content, entry);
      if (entry.identity !== undefined && entry.size > 0) first.set(entry.identity, path);
      state.files++;
    }
  }
}

function cannotWrite(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new Failure('cannot-write', `${path} cannot be written: ${systemReason(cause)}`, { cause });
  };
}

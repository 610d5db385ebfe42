import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../base/index.ts';
import { signerOf, signFile } from '../provenance/signature.ts';
import { removeFolder, temporaryFolder, type Store } from '../store/index.ts';
import { signedText, type Entry, type SignedEntry } from './entry.ts';

/** What a signature of an entry is for: one over something else, made by the same key, does not count. */
const namespace = 'cidermill-cache';

/**
 * Signs an entry.
 * @param key a private key's file, or a public one's whose private half the agent has
 * @throws Failure 'cannot-sign', 'no-program'
 */
export async function signEntry(store: Store, entry: Entry, key: string): Promise<SignedEntry> {
  return inFile(store, entry, async (file) => {
    const signature = await signFile(file, key, namespace);
    return { entry, signature: await readFile(signature, 'utf8') };
  });
}

/**
 * Says who signed an entry, of those whom a file of allowed signers names.
 * @throws Failure 'bad-signature' when none of them did; 'no-file', 'no-program'
 */
export async function entrySigner(
  store: Store,
  { entry, signature }: SignedEntry,
  allowedSigners: string,
): Promise<string> {
  if (signature === undefined) throw new Failure('bad-signature', 'it is not signed');
  return inFile(store, entry, async (file) => {
    await writeFile(`${file}.sig`, signature);
    return (await signerOf(file, allowedSigners, namespace)).identity;
  });
}

async function inFile<T>(store: Store, entry: Entry, work: (file: string) => Promise<T>): Promise<T> {
  const folder = temporaryFolder(store, 'signature');
  try {
    const file = join(folder, 'entry');
    await writeFile(file, signedText(entry));
    return await work(file);
  } finally {
    await removeFolder(folder);
  }
}

import { canonicalJson, sha256 } from '../base/index.ts';
import { version } from '../host/index.ts';
import { paperFiles, type PaperKind } from '../recipe/index.ts';
import {
  hasBlob,
  openMemo,
  putBytes,
  type ActionResult,
  type ListingEntry,
  type Store,
} from '../store/index.ts';
import { ancestryOf } from './ancestry.ts';
import { productProvenance, type ProductParts } from './of-artifact.ts';
import { gateStatement } from './gate.ts';
import { makeSbom } from './sbom/sbom.ts';
import type { Subject } from './statement.ts';

/**
 * A product's papers, as blobs in the store. They are the same for the same product: made once and remembered. Each has the
 * ones before it among what it is about: the bill of materials, the provenance, the test result, the index, the checksums.
 * @param entries the product's own
 * @param index the text of INDEX.md
 */
export async function papersOf(
  store: Store,
  product: Omit<ProductParts, 'subject'>,
  entries: readonly ListingEntry[],
  results: readonly ActionResult[],
  wanted: readonly PaperKind[],
  index: string,
): Promise<ListingEntry[]> {
  const own = version();
  const memo = openMemo(store, 'papers');
  const identity = sha256(canonicalJson({ form: 5, product, entries, wanted, index, version: own }));
  const known = memo.get(identity);
  if (known !== undefined) {
    const papers = JSON.parse(known) as ListingEntry[];
    if (papers.every((each) => each.type === 'file' && hasBlob(store, each.digest, each.size))) return papers;
  }
  const subject = subjectsOf(entries);
  const papers: ListingEntry[] = [];
  const add = async (kind: PaperKind, text: string): Promise<void> => {
    const { digest, size } = await putBytes(store, Buffer.from(text));
    papers.push({ type: 'file', path: paperFiles[kind], digest, size, executable: false });
  };
  if (wanted.includes('sbom')) {
    const { materials } = ancestryOf(store, results);
    const digest = sha256(canonicalJson(subject));
    await add(
      'sbom',
      await makeSbom(store, { name: product.product, digest, files: subject, materials, version: own }),
    );
  }
  if (wanted.includes('provenance')) {
    const about = [...subject, ...subjectsOf(papers)];
    const statement = productProvenance(store, { ...product, subject: about }, results, own);
    await add('provenance', `${JSON.stringify(statement, null, 2)}\n`);
  }
  if (wanted.includes('test-result') && product.gate !== undefined) {
    const statement = gateStatement(product.gate, subject, product.files);
    await add('test-result', `${JSON.stringify(statement, null, 2)}\n`);
  }
  if (wanted.includes('index')) await add('index', index);
  // As sha256sum writes and checks it; it comes last, to have the other papers in it.
  if (wanted.includes('checksums')) {
    const all = [...subject, ...subjectsOf(papers)].sort((a, b) => (a.name < b.name ? -1 : 1));
    await add('checksums', all.map(({ name, digest }) => `${digest.sha256}  ${name}\n`).join(''));
  }
  await memo.set(identity, JSON.stringify(papers));
  return papers;
}

/** The files of a product. */
export function subjectsOf(entries: readonly ListingEntry[]): Subject[] {
  return entries.flatMap((entry) =>
    entry.type === 'file' ? [{ name: entry.path, digest: { sha256: entry.digest } }] : [],
  );
}

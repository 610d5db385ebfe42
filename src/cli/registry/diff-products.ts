import { Failure } from '../../base/index.ts';
import {
  compareProducts,
  findProduct,
  isReference,
  readPapers,
  showReference,
  wordOf,
  type ProductChange,
} from '../../registry/index.ts';
import { formatBytes } from '../../text/format.ts';
import { printable } from '../../text/printable.ts';
import { withRemote } from './remote-options.ts';

/**
 * What differs between two products in registries.
 * @throws Failure 'usage' when one of them is something else
 */
export async function diffProducts(a: string, b: string, signal: AbortSignal): Promise<ProductChange[]> {
  for (const each of [a, b])
    if (!isReference(each))
      throw new Failure('usage', `${each} is not a reference, and the other one is`, {
        hint: 'Give two references, oci://HOST/REPOSITORY:TAG, or pull one of them and give two folders.',
      });
  const read = (text: string) =>
    withRemote(text, {}, { signal }, async (remote, reference) => {
      const found = await findProduct(remote, wordOf(reference));
      if (found === undefined) throw new Failure('not-found', `there is no ${showReference(reference)}`);
      return { found, papers: await readPapers(remote, found) };
    });
  return compareProducts(await read(a), await read(b));
}

const signs = { added: '+', removed: '-', changed: '~' } as const;

/** As it may stand in a release note: the parts one after the other, each with what changed in it. */
export function productReport(changes: readonly ProductChange[]): string[] {
  if (changes.length === 0) return ['no differences'];
  const parts = [...new Set(changes.map(({ part }) => part))];
  return parts.flatMap((part) => [
    part,
    ...changes.filter((each) => each.part === part).map((each) => `  ${signs[each.change]} ${lineOf(each)}`),
  ]);
}

function lineOf({ part, name, change, from = '', to = '', bytes = 0 }: ProductChange): string {
  const shown = printable(name);
  switch (part) {
    case 'milestones':
      return shown;
    case 'files':
      return change === 'changed'
        ? `${shown}${bytes === 0 ? '' : `: ${bytes > 0 ? '+' : '-'}${formatBytes(Math.abs(bytes))}`}`
        : `${shown}: ${formatBytes(bytes)}`;
    case 'disks':
      return `${shown}: ${formatBytes(bytes)} of it changed${from === to ? '' : `, ${formatBytes(Number(from))} → ${formatBytes(Number(to))}`}`;
    case 'parameters':
    case 'sources':
    case 'packages':
      return change === 'changed'
        ? `${shown} ${printable(from)} → ${printable(to)}`
        : `${shown} ${printable(change === 'added' ? to : from)}`;
  }
}

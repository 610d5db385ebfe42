import { Failure } from '../../base/index.ts';
import {
  compareProducts,
  findProduct,
  isReference,
  readPapers,
  showReference,
  withFilesOnDisks,
  wordOf,
  type ProductChange,
  type Reference,
  type Remote,
} from '../../registry/index.ts';
import type { CompareOptions } from '../../difference/index.ts';
import { changeLines } from '../change-lines.ts';
import { formatBytes } from '../../text/format.ts';
import { printable } from '../../text/printable.ts';
import { withRemote } from './remote-options.ts';

/**
 * What differs between two products in registries.
 * @throws Failure 'usage' when one of them is something else
 */
export async function diffProducts(
  a: string,
  b: string,
  options: CompareOptions,
  signal: AbortSignal,
): Promise<ProductChange[]> {
  for (const each of [a, b])
    if (!isReference(each))
      throw new Failure('usage', `${each} is not a reference, and the other one is`, {
        hint: 'Give two references, oci://HOST/REPOSITORY:TAG, or pull one of them and give two folders.',
      });
  const read = async (remote: Remote, reference: Reference) => {
    const found = await findProduct(remote, wordOf(reference));
    if (found === undefined) throw new Failure('not-found', `there is no ${showReference(reference)}`);
    return { remote, found, papers: await readPapers(remote, found) };
  };
  return withRemote(a, {}, { signal }, async (...first) =>
    withRemote(b, {}, { signal }, async (...second) => {
      const [one, other] = [await read(...first), await read(...second)];
      return withFilesOnDisks(compareProducts(one, other), one, other, { ...options, signal });
    }),
  );
}

const signs = { added: '+', removed: '-', changed: '~' } as const;

/** As it may stand in a release note: the parts one after the other, each with what changed in it. */
export function productReport(changes: readonly ProductChange[]): string[] {
  if (changes.length === 0) return ['no differences'];
  const parts = [...new Set(changes.map(({ part }) => part))];
  return parts.flatMap((part) => [
    part,
    ...changes
      .filter((each) => each.part === part)
      .flatMap((each) => [
        `  ${signs[each.change]} ${lineOf(each)}`,
        ...(each.inside ?? []).flatMap((change) => changeLines(change, '      ')),
      ]),
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

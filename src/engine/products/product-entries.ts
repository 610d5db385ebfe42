import { basename } from 'node:path';
import type { Plan, Product } from '../../recipe/index.ts';
import { readListing, type ListingEntry, type Output, type Store } from '../../store/index.ts';
import type { ProductEntry } from '../events.ts';
import { outputOf, type Done, type Made } from '../resolve.ts';

/** A file output lies under its own name, a directory under the name of its entry. */
export function productFiles(store: Store, product: Product, done: Done): ListingEntry[] {
  return [...product.from].flatMap(([name, { value }]) =>
    filesOf(store, name, outputOf(done, value.step, value.output)),
  );
}

/**
 * The entries of a product, in the pipeline's order.
 * @param resultOf what a step made; an entry of a step that made nothing is left out
 */
export function productEntries(
  store: Store,
  plan: Plan,
  product: Product,
  resultOf: (step: string) => Made | undefined,
): ProductEntry[] {
  return [...product.from].flatMap(([name, { value }]): ProductEntry[] => {
    const output = resultOf(value.step)?.outputs[value.output];
    if (output === undefined) return [];
    const files = filesOf(store, name, output).filter((entry) => entry.type === 'file');
    const recipe = plan.steps.find((step) => step.name === value.step)?.recipe;
    return [
      {
        name,
        path: placeOf(name, output),
        type: output.type,
        size: files.reduce((sum, file) => sum + file.size, 0),
        files: files.length,
        step: value.step,
        summary: recipe?.summaries.get(value.output) ?? recipe?.summary ?? '',
      },
    ];
  });
}

function placeOf(name: string, output: Output): string {
  return output.type === 'file' ? basename(output.path) : name;
}

function filesOf(store: Store, name: string, output: Output): ListingEntry[] {
  if (output.type === 'file') return [{ ...output, path: placeOf(name, output) }];
  const below = readListing(store, output.digest).map((entry) => ({
    ...entry,
    path: `${name}/${entry.path}`,
  }));
  return [{ type: 'directory', path: name }, ...below];
}

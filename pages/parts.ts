import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { commandsTable } from './commands-table.ts';
import { pipelineFault, routeFault } from './faults.ts';
import { hostToolsTable } from './host-tools.ts';
import { pipelineGraph } from './pipeline-graph.ts';

/** What of a page is written by a program: between `<!-- begin NAME -->` and `<!-- end NAME -->`. */
interface Part {
  readonly page: string;
  readonly name: string;
  readonly make: () => string | Promise<string>;
}

const parts: readonly Part[] = [
  { page: 'README.md', name: 'commands', make: commandsTable },
  { page: 'docs/recipes.md', name: 'pipeline', make: pipelineGraph },
  { page: 'docs/recipes.md', name: 'fault', make: pipelineFault },
  { page: 'docs/smoke-boot.md', name: 'fault', make: routeFault },
  { page: 'docs/hosts.md', name: 'host-tools', make: hostToolsTable },
];

/** The pages that have such parts. */
export const pagesWithParts: readonly string[] = [...new Set(parts.map(({ page }) => page))];

/**
 * A page as it has to be, its parts written anew.
 * @param root absolute: the checkout
 */
export async function pageWithParts(root: string, page: string): Promise<string> {
  const path = join(root, page);
  let text = readFileSync(path, 'utf8');
  for (const { name, make } of parts.filter((part) => part.page === page)) {
    const [begin, end] = [`<!-- begin ${name} -->\n`, `<!-- end ${name} -->`];
    const [before, rest] = split(text, begin, page);
    const [, after] = split(rest, end, page);
    text = `${before}${begin}\n${await make()}\n\n${end}${after}`;
  }
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}

function split(text: string, mark: string, page: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`${page} has no ${mark.trim()}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

import type { Plan, Product } from '../../recipe/index.ts';
import type { ProductEntry } from '../events.ts';

/** A product's INDEX.md: what each entry is and which step made it, as a table of GitHub's Markdown. */
export function indexPage(plan: Plan, product: Product, entries: readonly ProductEntry[]): string {
  const rows = entries.map(({ path, type, size, files, step, summary }) => {
    const amount = type === 'file' ? `${size} bytes` : `${files} files, ${size} bytes`;
    return `| ${cell(type === 'file' ? path : `${path}/`)} | ${cell(summary)} | ${cell(step)} | ${amount} |`;
  });
  const next = product.next.map((line) => `    ${line}`);
  return [
    `# ${product.name}`,
    '',
    plan.summary,
    '',
    '| entry | what it is | made by the step | size |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(next.length > 0 ? ['', 'What to do with it:', '', ...next] : []),
    '',
  ].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');

import type { CheckedEntry } from './entry.ts';

/** Links to folders that lead back to where they are, by themselves or through others. */
export function folderCircles(
  entries: ReadonlyMap<number, CheckedEntry>,
  links: ReadonlyMap<number, readonly CheckedEntry[]>,
): CheckedEntry[] {
  /** The links in each folder that links lead to, by the folder's id; one that is in another counts for that too. */
  const inside = new Map<number, { readonly link: CheckedEntry; readonly to: number }[]>();
  for (const [to, list] of links) {
    for (const link of list) {
      const seen = new Set<number>();
      for (
        let above = entries.get(link.parent);
        above !== undefined && !seen.has(above.id);
        above = entries.get(above.parent)
      ) {
        seen.add(above.id);
        // A folder behind links has its own id as their number.
        if (!links.has(above.id)) continue;
        const known = inside.get(above.id) ?? [];
        inside.set(above.id, known);
        known.push({ link, to });
      }
    }
  }
  const circular: CheckedEntry[] = [];
  const state = new Map<number, 'open' | 'done'>();
  for (const start of inside.keys()) {
    if (state.has(start)) continue;
    const stack = [{ folder: start, next: 0 }];
    state.set(start, 'open');
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const edge = inside.get(top.folder)?.[top.next++];
      if (edge === undefined) {
        state.set(top.folder, 'done');
        stack.pop();
      } else if (state.get(edge.to) === 'open') circular.push(edge.link);
      else if (!state.has(edge.to)) {
        state.set(edge.to, 'open');
        stack.push({ folder: edge.to, next: 0 });
      }
    }
  }
  return circular;
}

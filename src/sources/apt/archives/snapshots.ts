/** As apt.conf(5) has it in Acquire::Snapshots::URI: where the date stands in a snapshot archive's address. */
export const datePlace = '@SNAPSHOTID@';

/** A snapshot's date as its address has it: 20261124T124024Z. */
const dateForm = /\/\d{8}T\d{6}Z\/?(?=$)/;

export function isSnapshot(root: string): boolean {
  return root.includes(datePlace);
}

/** The address of a snapshot archive with the place of its date, from one at any date; undefined for another address. */
export function snapshotRoot(address: string): string | undefined {
  if (isSnapshot(address)) return address.endsWith('/') ? address : `${address}/`;
  return dateForm.test(address) ? address.replace(dateForm, `/${datePlace}/`) : undefined;
}

/** @param date ISO 8601, in UTC */
export function atDate(root: string, date: string): string {
  return root.replace(datePlace, date.replace(/[-:]|\.\d+/g, ''));
}

/**
 * The dates to ask for a file that was pinned at one: that date, and a day later, since a snapshot is taken some hours
 * after a file has reached the mirrors. None lies in the future.
 */
export function datesToAsk(pinned: string, now = Date.now()): string[] {
  const at = Date.parse(pinned);
  const later = Math.min(at + 24 * 3600 * 1000, now);
  return later > at ? [isoDate(at), isoDate(later)] : [isoDate(at)];
}

/** ISO 8601 in UTC, to the second: what a lockfile records. */
export function isoDate(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** Snapshot archives that comments of sources.list name: images of Debian say there which one they were made from. */
export function commentedSnapshots(text: string): string[] {
  const found = text.matchAll(/^#\s*(https?:\/\/\S+)\s*$/gm);
  return [...found].flatMap(([, address = '']) => snapshotRoot(address) ?? []);
}

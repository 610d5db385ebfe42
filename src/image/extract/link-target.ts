/**
 * Whether a symbolic link leads to somewhere below the folder that is extracted, whatever other links are on its way:
 * those lead there as well, so that only a ".." behind a name could lead out.
 * @param path of the link, from that folder
 */
export function leadsInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const up = parts.findIndex((part) => part !== '..');
  const ups = up < 0 ? parts.length : up;
  return ups <= path.split('/').length - 1 && !parts.slice(ups).includes('..');
}

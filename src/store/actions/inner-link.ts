/**
 * Does a symbolic link of an output lead to something in the output, whatever other such links it passes? It may begin
 * with as many ".." as its folder is deep; none may come later, where a link before it decides what it is the parent of.
 * @param path of the link, below the output, by "/"
 */
export function isInnerLink(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const up = parts.findIndex((part) => part !== '..');
  const ups = up === -1 ? parts.length : up;
  const depth = path.split('/').length - 1;
  return ups <= depth && !parts.slice(ups).includes('..');
}

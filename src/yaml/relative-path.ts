/** What is wrong with a path that must stay inside its folder, as the end of a sentence "The path …"; undefined when nothing is. */
export function relativePathFault(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.length > 1024) return 'is longer than 1024 characters';
  // eslint-disable-next-line no-control-regex -- these are what must not be in a path
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return 'holds a control character or a backslash';
  if (path.startsWith('/')) return 'is absolute; it must be relative';
  const segments = path.replace(/\/$/, '').split('/');
  if (segments.includes('..')) return 'leaves its folder by ".."';
  if (segments.includes('.')) return 'holds a "." segment';
  if (segments.includes('')) return 'holds an empty segment';
  return undefined;
}

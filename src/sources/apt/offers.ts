import { openApt } from './apt-state.ts';
import type { SourceContext } from '../context.ts';

/** A version that an archive has now. */
export interface Offer {
  readonly version: string;
  /** As apt's sources name it: bookworm-security. */
  readonly suite: string;
}

/** Names a call; the command line of a program is bounded. */
const batch = 200;

/**
 * What the signed lists of a suite, with its updates and its security archive, have of packages.
 * @param wish.kind packages, or source packages
 * @throws Failure 'no-suite', 'apt-update-failed', 'no-debian-archive'
 */
export async function offersOf(
  names: readonly string[],
  wish: { readonly suite: string; readonly kind: 'binary' | 'source'; readonly architecture?: string },
  context: SourceContext,
): Promise<ReadonlyMap<string, readonly Offer[]>> {
  const apt = await openApt(wish, context);
  const found = new Map<string, Offer[]>();
  for (let from = 0; from < names.length; from += batch) {
    const { stdout } = await apt.run('apt-cache', ['madison', ...names.slice(from, from + batch)]);
    for (const [name, offer] of readMadison(stdout)) found.set(name, [...(found.get(name) ?? []), offer]);
  }
  return found;
}

/** bookworm-security, buster/updates. */
export function isSecuritySuite(suite: string): boolean {
  return /-security$|\/updates$/.test(suite);
}

/** Does what is offered of a suite include its security archive's? Of a suite that has none, such as sid, it does. */
export async function hasSecurityLists(
  wish: Parameters<typeof offersOf>[1],
  context: SourceContext,
): Promise<boolean> {
  if (/^(sid|unstable)$/.test(wish.suite)) return true;
  return (await openApt(wish, context)).sources.some(({ suite }) => isSecuritySuite(suite));
}

/** Lines of "name | version | address suite/component architecture Packages" (apt-cache(8), madison). */
export function readMadison(text: string): [name: string, offer: Offer][] {
  return text.split('\n').flatMap((line): [string, Offer][] => {
    const [name = '', version = '', where = ''] = line.split('|').map((part) => part.trim());
    const suite = /^\S+ (\S+?)(?:\/\S*)? /.exec(where)?.[1];
    return suite === undefined || version === '' ? [] : [[name, { version, suite }]];
  });
}

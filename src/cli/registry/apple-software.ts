import { Failure } from '../../base/index.ts';
import type { Pushable } from './pushable.ts';

/** The annotation of a product that holds what came from a user's installer or disk. */
export const appleSoftware = 'apple-software';

/** Shown before a push of such a product, and after a pull. */
export const licenceTravels =
  "note: it holds what came from an installer or a disk of a user's own. Apple's licence for that does not travel with it: who pulls it needs one of their own. (This is not legal advice.)";

/**
 * Refuses to push what came from a user's installer or disk, unless the user says that this is known, to a host that the
 * project names as private.
 * @returns does the product hold such software?
 * @throws Failure 'apple-software'
 */
export function checkAppleSoftware(
  { name, ofUser }: Pushable,
  host: string,
  agreed: boolean,
  privateHosts: readonly string[],
): boolean {
  if (ofUser?.length === 0) {
    if (!agreed) return false;
  } else if (!agreed) {
    const why =
      ofUser === undefined
        ? 'has no provenance, so that it may hold what came from an installer or disk of yours'
        : `holds what came from files of yours (${ofUser.join(', ')})`;
    throw new Failure('apple-software', `the product ${name} ${why}: it is not pushed`, {
      hint: 'To a private registry, if your licence allows it: --contains-apple-software, with the host in `registry: { private: [HOST] }` of cidermill.yaml.',
    });
  }
  if (!privateHosts.includes(host))
    throw new Failure(
      'apple-software',
      `${host} is not a private registry of this project: ${name} is not pushed`,
      {
        hint: `If nobody else can pull from it, add it to cidermill.yaml: registry: { private: ["${host}"] }`,
      },
    );
  return true;
}

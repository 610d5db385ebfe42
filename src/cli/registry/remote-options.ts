import type { Command } from 'commander';
import { parseReference, Remote, type Reference, type RemoteOptions } from '../../registry/index.ts';

export interface RemoteFlags {
  readonly plainHttp?: boolean;
}

/** Options of all commands that speak with a registry. */
export function addRemoteOptions(command: Command): Command {
  return command.option(
    '--plain-http',
    'speak http, without encryption, also to a host that is not this machine',
  );
}

/** What the commands' help says of references and credentials. */
export const referenceHelp = `
A reference is HOST[:PORT]/REPOSITORY:TAG or …@sha256:DIGEST; there is no default host. Credentials are those of
docker login and skopeo login (~/.docker/config.json, credential helpers), or a token in CIDERMILL_REGISTRY_TOKEN.`;

/** Does something with a repository, and ends the connections. */
export async function withRemote<T>(
  text: string,
  { plainHttp }: RemoteFlags,
  options: Omit<RemoteOptions, 'plainHttp'>,
  use: (remote: Remote, reference: Reference) => Promise<T>,
): Promise<T> {
  const reference = parseReference(text);
  const remote = new Remote(reference, { ...options, plainHttp });
  try {
    return await use(remote, reference);
  } finally {
    remote.close();
  }
}

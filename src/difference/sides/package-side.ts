import type { ByteSource } from '../../base/index.ts';
import type { StreamedEntry } from '../../formats/cpio/index.ts';
import { packageEntries, payloadEntries, readMember, readPackage } from '../../image/index.ts';
import type { Side, SideEntry } from './side.ts';
import { StreamedContents } from './streamed.ts';

/** An installer package, its payloads and scripts included; or a payload by itself. */
export async function packageSide(source: ByteSource): Promise<Side> {
  const pkg = await readPackage(source);
  const entries = new Map<string, SideEntry>();
  const contents = new StreamedContents();
  const add = async (prefix: string, stream: AsyncIterable<StreamedEntry>): Promise<void> => {
    for await (const entry of stream)
      entries.set(`${prefix}/${entry.path}`, await payloadEntry(entry, contents));
  };
  if (pkg.isPayload) await add('', payloadEntries(pkg));
  for (const member of pkg.members) {
    const { path, kind, mode, data, target } = member;
    const known = {
      mode: mode & 0o7777,
      ...(target !== undefined && { target }),
    };
    if (pkg.archives.has(member)) {
      // What the archive holds is compared, not how it is packed.
      entries.set(path, { kind: 'file', ...known });
      await add(`${path}:`, packageEntries(pkg, member));
    } else if (data !== undefined)
      entries.set(path, { kind: 'file', ...known, content: await contents.take(readMember(source, member)) });
    else
      entries.set(path, {
        kind: kind === 'folder' ? 'folder' : kind === 'link' ? 'link' : 'device',
        ...known,
      });
  }
  return { what: pkg.isPayload ? 'payload' : 'installer package', entries };
}

async function payloadEntry(entry: StreamedEntry, contents: StreamedContents): Promise<SideEntry> {
  const { kind, mode, owner, group, time, target } = entry;
  const known = { mode, owner, group, modified: time };
  const content = await contents.take(entry.content);
  if (kind === 'link') return { kind, owner, group, ...(target !== undefined && { target }) };
  return kind === 'file'
    ? { kind, ...known, content }
    : { kind: kind === 'folder' ? kind : 'device', ...known };
}

import { resolve } from 'node:path';
import { Failure } from '../../base/index.ts';
import { memorySource } from '../../formats/source/index.ts';
import type { FileContents } from '../../formats/hfsplus/index.ts';
import { runForBytes } from '../../host/programs/program.ts';

/** What a file or folder has beside its bytes, by its absolute path. */
export type HostAttributes = ReadonlyMap<string, Pick<FileContents, AttributeFields>>;
type AttributeFields = 'attributes' | 'resource' | 'userInfo' | 'finderInfo';

/** Attributes that every user may set; rsync and tar bring a Mac's to Linux under it. */
const prefix = 'user.';
/** As a Mac hands out what is no attribute on HFS+, but lies in the catalog and in a fork. */
const finderInfo = 'com.apple.FinderInfo';
const resourceFork = 'com.apple.ResourceFork';

/**
 * Extended attributes of a folder and all that is in it, `user.NAME` as NAME, by getfattr: Node has no call for them.
 * @throws Failure 'no-program' where there is no getfattr, 'program-failed' where it cannot read something
 */
export async function readHostAttributes(
  folder: string,
  signal: AbortSignal | undefined,
): Promise<HostAttributes> {
  const options = ['--recursive', '--physical', '--absolute-names', '--dump', '--encoding=base64'];
  const match = `--match=^${prefix.replace('.', '\\.')}`;
  const { exitCode, stdout, stderr } = await runForBytes(
    'getfattr',
    [...options, match, '--', resolve(folder)],
    { from: 'attr', signal },
  );
  if (exitCode !== 0)
    throw new Failure('program-failed', `getfattr cannot read all attributes in ${folder}: ${stderr.trim()}`);
  return parseDump(stdout);
}

/** @param dump what getfattr writes: "# file: PATH", then NAME=0sBASE64 lines, then an empty one; octal escapes in both */
export function parseDump(dump: Buffer): HostAttributes {
  const found = new Map<string, Pick<FileContents, AttributeFields>>();
  for (const block of dump.toString('latin1').split('\n\n')) {
    const [head = '', ...lines] = block.trimStart().split('\n');
    const path = /^# file: (.+)$/.exec(head)?.[1];
    if (path === undefined) continue;
    const attributes = new Map<string, Uint8Array>();
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)(?:=0s([A-Za-z0-9+/=]*))?$/.exec(line) ?? [];
      const own = unescaped(name);
      if (own.startsWith(prefix)) attributes.set(own.slice(prefix.length), Buffer.from(value, 'base64'));
    }
    found.set(unescaped(path), contentsOf(attributes));
  }
  return found;
}

function contentsOf(attributes: Map<string, Uint8Array>): Pick<FileContents, AttributeFields> {
  const info = attributes.get(finderInfo);
  const resource = attributes.get(resourceFork);
  const hasInfo = info?.length === 32;
  if (hasInfo) attributes.delete(finderInfo);
  attributes.delete(resourceFork);
  return {
    ...(attributes.size > 0 && { attributes }),
    ...(hasInfo && { userInfo: info.subarray(0, 16), finderInfo: info.subarray(16) }),
    ...(resource !== undefined && { resource: memorySource(resource) }),
  };
}

/** getfattr writes unprintable bytes, backslashes and equals signs as \ooo. */
function unescaped(text: string): string {
  const bytes = text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

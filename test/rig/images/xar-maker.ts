import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** A xar archive of a table of contents as it is given: what our own writer does not write. @param files <file> elements */
export function makeXar(files: string, heap: Uint8Array): Buffer {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<xar><toc><checksum style="sha1"><offset>0</offset><size>20</size></checksum>${files}</toc></xar>
`;
  const toc = deflateSync(Buffer.from(xml));
  const header = Buffer.alloc(28);
  header.write('xar!');
  header.writeUInt16BE(28, 4);
  header.writeUInt16BE(1, 6);
  header.writeBigUInt64BE(BigInt(toc.length), 8);
  header.writeBigUInt64BE(BigInt(Buffer.byteLength(xml)), 16);
  header.writeUInt32BE(1, 24);
  return Buffer.concat([header, toc, createHash('sha1').update(toc).digest(), heap]);
}

/** A stored file's element. Its data lie at `offset` of the heap, the first at 20. */
export function fileElement(
  id: number,
  name: string,
  data: Uint8Array,
  {
    offset = 20,
    type = '<type>file</type>',
    encoding = 'application/octet-stream',
    size = data.length,
  }: { offset?: number; type?: string; encoding?: string; size?: number } = {},
): string {
  return (
    `<file id="${id}"><name>${name}</name>${type}<mode>0644</mode>` +
    `<data><length>${data.length}</length><offset>${offset}</offset><size>${size}</size>` +
    `<encoding style="${encoding}"/></data></file>`
  );
}

import { streamOf } from '../../formats/stream/index.ts';
import { memorySource } from '../../formats/source/index.ts';
import { writeCpio, type NewEntry } from '../../formats/cpio/index.ts';
import { writePbzx } from '../../formats/pbzx/index.ts';
import { writeXar } from '../../formats/xar/index.ts';
import { deflate } from './deflate.ts';

/** Seconds since 1970. */
const time = 1_400_000_000;

/** A stand-in Essentials.pkg: a xar archive whose payload, pbzx around cpio, holds the kernel among other files. */
export async function essentialsPackage(kernel: Uint8Array): Promise<Uint8Array> {
  const entries: NewEntry[] = [
    ...['.', './System', './System/Library', './System/Library/Kernels'].map((path): NewEntry => ({
      path,
      kind: 'folder',
      mode: 0o755,
      time,
    })),
    { path: './System/Library/Kernels/kernel', kind: 'file', mode: 0o644, time, content: kernel },
    {
      path: './System/Library/README',
      kind: 'file',
      mode: 0o644,
      time,
      content: Buffer.from('A stand-in.\n'),
    },
  ];
  const cpio = await whole(writeCpio(entries, 'odc'));
  const members = [
    {
      path: 'PackageInfo',
      data: Buffer.from('<pkg-info format-version="2" identifier="org.cidermill.sample"/>\n'),
      compress: true,
      time,
    },
    { path: 'Payload', data: await whole(writePbzx(streamOf(memorySource(cpio)))), time },
  ];
  return writeXar(members, deflate);
}

async function whole(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

// Compresses a file as a push does, in frames of 1 MiB of their own, four at a time:
// node --import tsx bench/registry-compress.ts FILE
import { open } from 'node:fs/promises';
import { compress } from '../src/registry/packs/zstd.ts';

const [path = ''] = process.argv.slice(2);
const file = await open(path);
const size = 1 << 20;
const running: Promise<Buffer>[] = [];
let sum = 0;
for (let at = 0; ; at += size) {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(size), 0, size, at);
  if (bytesRead > 0) running.push(compress(buffer.subarray(0, bytesRead)));
  if (running.length >= 4 || bytesRead === 0) sum += (await running.shift())?.length ?? 0;
  if (bytesRead === 0 && running.length === 0) break;
}
console.log(sum);

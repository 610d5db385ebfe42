import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { canonicalQcow2, openQcow2Disk } from '../../src/formats/qcow2/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { readDiskIndex, writeDiskIndex, type DiskIndex } from '../../src/registry/packs/disk-index.ts';
import { planRuns } from '../../src/registry/packs/fetch-chunks.ts';
import { compress, expand } from '../../src/registry/packs/zstd.ts';
import {
  readProductIndex,
  writeProductIndex,
  type ProductEntry,
} from '../../src/registry/product/product-index.ts';
import { hasRemoteBlob } from '../../src/registry/remote/blobs.ts';
import { getManifest } from '../../src/registry/remote/manifests.ts';
import { Remote } from '../../src/registry/remote/remote.ts';
import { noise } from '../rig/product-folder.ts';

const digest = sha256('x');

describe('an index from a registry', () => {
  const file = (path: string, more: object = {}): ProductEntry => ({
    type: 'file',
    path,
    size: 1,
    sha256: digest,
    executable: false,
    stored: path.includes('/') ? 'tree' : 'layer',
    ...more,
  });
  const index = (entries: readonly unknown[]): Buffer =>
    writeProductIndex({ product: 'p', entries: entries as ProductEntry[] });

  it('is read as it was written', () => {
    const entries = [file('a'), { type: 'directory', path: 'b' }, file('b/c')] as const;
    expect(readProductIndex(index(entries)).entries).toEqual(entries);
  });

  it('is refused when a path leaves the folder, is there twice, goes through a link or lies in no folder', () => {
    const folder = { type: 'directory', path: 'b' };
    for (const entries of [
      [file('../a')],
      [file('/a')],
      [file('a\0')],
      [folder, file('b/../c')],
      [folder, file('b//c')],
      [file('a'), file('a')],
      [file('b/c')],
      [{ type: 'symlink', path: 'b', target: '/etc' }, file('b/c')],
      [{ type: 'symlink', path: 'b', target: '/etc' }],
      [file('a', { size: -1 })],
      [file('a', { size: 2 ** 60 })],
      [file('a', { sha256: 'x' })],
      [file('a', { stored: 'tree' })],
      [folder, file('b/c', { stored: 'disk' })],
    ])
      expect(() => readProductIndex(index(entries)), JSON.stringify(entries)).toThrow(
        /index of the product is damaged/,
      );
  });

  it('of a disk is refused when a chunk leaves its pack or the disk, or its digest is another', () => {
    const pack = { digest: `sha256:${digest}`, size: 1000 };
    const disk: DiskIndex = {
      path: 'disk.img',
      view: 'file',
      size: 3 << 20,
      chunks: [
        { number: 0, digest, pack, offset: 0, length: 500 },
        { number: 2, digest, pack, offset: 500, length: 500 },
      ],
    };
    const text = writeDiskIndex(disk).toString();
    expect(readDiskIndex(Buffer.from(text))).toEqual(disk);
    for (const [from, to] of [
      ['500,500]', '500,501]'],
      ['500,500]', '-1,500]'],
      ['[2,"', '[3,"'],
      ['[2,"', '[0,"'],
      ['"size":3145728', '"size":3145727'],
      ['"size":1000', '"size":1e12'],
      ['"chunkSize":1048576', '"chunkSize":1'],
      ['"form":1', '"form":2'],
    ] as const) {
      expect(text).toContain(from);
      expect(() => readDiskIndex(Buffer.from(text.replace(from, to))), to).toThrow(
        /index of a disk is damaged/,
      );
    }
  });
});

describe('a frame of a pack', () => {
  it('gives its chunk, also where the zstd program made it', async () => {
    for (const bytes of [noise(1 << 20, 'a'), Buffer.alloc(1 << 20, 'text '), Buffer.from([1])]) {
      expect(bytes.equals(await expand(await compress(bytes), bytes.length))).toBe(true);
      const other = execFileSync('zstd', ['-q', '-c', '-3'], { input: bytes, maxBuffer: 1 << 28 });
      expect(bytes.equals(await expand(other, bytes.length))).toBe(true);
    }
  });

  it('is refused when it is cut off, longer, two of them, or would expand to more', async () => {
    const bytes = Buffer.alloc(1 << 20, 'text ');
    const frame = await compress(bytes);
    const bomb = execFileSync('zstd', ['-q', '-c', '-19'], {
      input: Buffer.alloc(256 << 20),
      maxBuffer: 1 << 28,
    });
    for (const bad of [
      frame.subarray(0, -1),
      Buffer.concat([frame, Buffer.from([0])]),
      Buffer.concat([frame, frame]),
      Buffer.alloc(20),
      Buffer.alloc(0),
      bomb,
    ])
      await expect(expand(bad, 1 << 20)).rejects.toThrow(/frame/);
    await expect(expand(frame, 1000)).rejects.toThrow(/frame/);
  });

  it('is asked for alone where little of a pack is missing, and with all others where most is', () => {
    const pack = { digest: `sha256:${digest}`, size: 10 << 20 };
    const chunk = (number: number): DiskIndex['chunks'][number] => ({
      ...{ number, digest, pack, offset: number << 20, length: 1 << 20 },
    });
    expect(
      planRuns([chunk(1), chunk(2), chunk(7)]).map(({ start, end }) => [start >> 20, end >> 20]),
    ).toEqual([
      [1, 3],
      [7, 8],
    ]);
    const most = [0, 1, 2, 4, 5, 6, 8].map(chunk);
    expect(planRuns(most).map(({ start, end }) => [start, end])).toEqual([[0, pack.size]]);
  });
});

describe('a qcow2 image in canonical form', () => {
  it('is read back as the disk, and refused where a table leaves the file', async () => {
    const form = canonicalQcow2(5 << 20, [1, 4]);
    const image = Buffer.concat([form.tables, noise(2 << 20, 'data')]);
    expect(image.length).toBe(form.size);
    const disk = await openQcow2Disk(memorySource(image));
    expect(Buffer.from((await disk?.read(1 << 20, 1 << 20)) ?? [])).toEqual(
      noise(2 << 20, 'data').subarray(0, 1 << 20),
    );
    expect(await disk?.isAllocated(0, 1 << 20)).toBe(false);
    const damaged = Buffer.from(image);
    damaged.writeBigUInt64BE(2n ** 50n, 40);
    await expect(openQcow2Disk(memorySource(damaged))).rejects.toThrow(/leaves the file/);
    const short = Buffer.from(image);
    short.writeUInt32BE(0, 36);
    await expect(openQcow2Disk(memorySource(short))).rejects.toThrow(/too short/);
    const encrypted = Buffer.from(image);
    encrypted.writeUInt32BE(1, 32);
    expect(await openQcow2Disk(memorySource(encrypted))).toBeUndefined();
  });
});

describe('a registry that does not answer well', () => {
  const serve = async (
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<Remote> => {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return new Remote({ host: `127.0.0.1:${port}`, name: 'a' }, { pauses: [1, 1, 1] });
  };

  it('is asked four times in all, as late as it says, and then its words are told', async () => {
    let asked = 0;
    const patient = await serve((_request, response) => {
      asked += 1;
      response.writeHead(asked < 4 ? 429 : 200, { 'retry-after': '0' }).end();
    });
    expect(await hasRemoteBlob(patient, `sha256:${digest}`)).toBe(true);
    expect(asked).toBe(4);
    let refused = 0;
    const never = await serve((_request, response) => {
      refused += 1;
      response
        .writeHead(503)
        .end(JSON.stringify({ errors: [{ code: 'BUSY', message: 'come\u001b[31m later' }] }));
    });
    await expect(getManifest(never, '1')).rejects.toThrow(/status 503: BUSY, come\?\[31m later/);
    expect(refused).toBe(4);
  });

  it('cannot give other bytes under a digest, an endless answer, or something else for a manifest', async () => {
    const lying = await serve((_request, response) => response.end('{}'));
    await expect(getManifest(lying, `sha256:${digest}`)).rejects.toThrow(/gives other bytes/);
    await expect(getManifest(lying, '1')).rejects.toThrow(/is not a manifest/);
    const endless = await serve((_request, response) => {
      const more = (): void => {
        if (response.write(Buffer.alloc(1 << 20))) setImmediate(more);
        else response.once('drain', more);
      };
      response.on('error', () => undefined);
      more();
    });
    await expect(getManifest(endless, '1')).rejects.toThrow(/gives more than/);
  });

  it('cannot send its user to an address without encryption', async () => {
    const remote = new Remote({ host: 'registry.example', name: 'a' });
    expect(remote.url('x').protocol).toBe('https:');
    await expect(remote.ask(new URL('http://registry.example/v2/a/blobs/x'))).rejects.toThrow(
      /is not encrypted/,
    );
    const redirecting = await serve((_request, response) =>
      response.writeHead(307, { location: 'http://registry.example/' }).end(),
    );
    await expect(getManifest(redirecting, '1')).rejects.toThrow(/is not encrypted/);
  });
});

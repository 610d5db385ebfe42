import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { koly } from '../../../src/formats/udif/index.ts';

/**
 * Cuts a UDIF image into segments as hdiutil does: each has a part of the data fork, the first the property list.
 * @param count how many @returns their bytes in order
 */
export function splitImage(image: Uint8Array, count: number, id: Uint8Array = Buffer.alloc(16, 7)): Buffer[] {
  const trailer = koly.decode(image, image.length - koly.size);
  const start = Number(trailer.dataForkOffset);
  const length = Number(trailer.dataForkLength);
  const plistAt = Number(trailer.plistOffset);
  const plist = image.subarray(plistAt, plistAt + Number(trailer.plistLength));
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((length * index) / count);
    const to = Math.floor((length * (index + 1)) / count);
    const first = index === 0;
    const tail = koly.encode({
      ...trailer,
      runningDataForkOffset: BigInt(from),
      dataForkOffset: 0n,
      dataForkLength: BigInt(to - from),
      segmentNumber: index + 1,
      segmentCount: count,
      segmentId: id,
      plistOffset: first ? BigInt(to - from) : 0n,
      plistLength: first ? BigInt(plist.length) : 0n,
    });
    return Buffer.concat([image.subarray(start + from, start + to), first ? plist : Buffer.alloc(0), tail]);
  });
}

/** Writes NAME.dmg, NAME.002.dmgpart … @returns their paths */
export function writeSegments(folder: string, name: string, segments: readonly Uint8Array[]): string[] {
  return segments.map((bytes, index) => {
    const number = String(index + 1).padStart(3, '0');
    const path = join(folder, index === 0 ? `${name}.dmg` : `${name}.${number}.dmgpart`);
    writeFileSync(path, bytes);
    return path;
  });
}

/** Writes a sparse bundle. Bands of zeros are left out, and zeros at a band's end are cut off. */
export function writeBundle(
  path: string,
  disk: Uint8Array,
  {
    bandSize = 2 ** 20,
    token = Buffer.alloc(0),
    encrypt = (band: Uint8Array): Uint8Array => band,
  }: {
    readonly bandSize?: number;
    readonly token?: Uint8Array;
    readonly encrypt?: (band: Uint8Array, firstByte: number) => Uint8Array;
  } = {},
): void {
  mkdirSync(join(path, 'bands'), { recursive: true });
  writeFileSync(join(path, 'token'), token);
  writeFileSync(
    join(path, 'Info.plist'),
    `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>CFBundleInfoDictionaryVersion</key><string>6.0</string>
<key>band-size</key><integer>${bandSize}</integer>
<key>bundle-backingstore-version</key><integer>1</integer>
<key>diskimage-bundle-type</key><string>com.apple.diskimage.sparsebundle</string>
<key>size</key><integer>${disk.length}</integer>
</dict></plist>
`,
  );
  for (let start = 0; start < disk.length; start += bandSize) {
    const band = disk.subarray(start, start + bandSize);
    let end = band.length;
    while (end > 0 && band[end - 1] === 0) end--;
    end = Math.min(band.length, Math.ceil(end / 4096) * 4096);
    if (end > 0)
      writeFileSync(
        join(path, 'bands', (start / bandSize).toString(16)),
        encrypt(band.subarray(0, end), start),
      );
  }
}

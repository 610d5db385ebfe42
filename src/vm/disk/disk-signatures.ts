import type { ByteSource } from '../../base/index.ts';

/** How QEMU tells a format from another: its name there, where the mark stands (from the end when negative), and the mark. */
const signatures: readonly (readonly [format: string, at: number, mark: string])[] = [
  ['qcow2', 0, 'QFI\xfb\0\0\0\x02'],
  ['qcow2', 0, 'QFI\xfb\0\0\0\x03'],
  ['qcow', 0, 'QFI\xfb\0\0\0\x01'],
  ['qed', 0, 'QED\0'],
  ['vmdk', 0, 'KDMV'],
  ['vmdk', 0, 'COWD'],
  ['vmdk', 0, '# Disk DescriptorFile'],
  ['vdi', 0x40, '\x7f\x10\xda\xbe'],
  ['vhdx', 0, 'vhdxfile'],
  ['vpc', 0, 'conectix'],
  ['vpc', -512, 'conectix'],
  ['parallels', 0, 'WithoutFreeSpace'],
  ['parallels', 0, 'WithouFreSpacExt'],
  ['luks', 0, 'LUKS\xba\xbe'],
  ['bochs', 0, 'Bochs Virtual HD Image\0'],
  ['cloop', 0, '#!/bin/sh\n#V2.0 Format\nmodprobe cloop'],
  ['dmg', -512, 'koly'],
];

/**
 * The format that a disk image says it has. What a guest writes at the beginning of its raw disk can look like any.
 * @returns QEMU's name for the format; undefined when nothing is known
 */
export async function looksLike(source: ByteSource): Promise<string | undefined> {
  const head = Buffer.from(await source.read(0, Math.min(source.size, 4096)));
  const tail = Buffer.from(await source.read(Math.max(0, source.size - 512), Math.min(source.size, 512)));
  // A descriptor of VMware's may have blank lines and other comments before it.
  if (/^(?:\s*(?:#[^\n]*)?\n)*# Disk DescriptorFile/.test(head.toString('latin1'))) return 'vmdk';
  return signatures.find(
    ([, at, mark]) => (at < 0 ? tail : head.subarray(at)).toString('latin1', 0, mark.length) === mark,
  )?.[0];
}

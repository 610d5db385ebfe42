/** What the type of a partition says of what is in it. */
export type Content =
  /** HFS or HFS+, by itself: it may be changed. */
  | 'hfs'
  /** A member of something larger, with labels of its own: an HFS+ header in it is no volume's that can be used. */
  | 'core-storage'
  | 'raid'
  /** Anything: what is there is told by looking, and never changed. */
  | 'other';

interface PartitionType {
  readonly kind: string;
  readonly content: Content;
}

const hfs = { kind: 'Apple HFS+', content: 'hfs' } as const;
const boot = { kind: 'Apple boot', content: 'other' } as const;
const coreStorage = { kind: 'Apple Core Storage', content: 'core-storage' } as const;
const raid = { kind: 'Apple RAID', content: 'raid' } as const;
const offlineRaid = { kind: 'Apple RAID, offline', content: 'raid' } as const;
const other = (kind: string): PartitionType => ({ kind, content: 'other' });

/** GUIDs of a GPT (Apple TN2166 and UEFI), in lower case. */
const gptTypes: ReadonlyMap<string, PartitionType> = new Map<string, PartitionType>([
  ['48465300-0000-11aa-aa11-00306543ecac', hfs],
  ['426f6f74-0000-11aa-aa11-00306543ecac', boot],
  ['53746f72-6167-11aa-aa11-00306543ecac', coreStorage],
  ['52414944-0000-11aa-aa11-00306543ecac', raid],
  ['52414944-5f4f-11aa-aa11-00306543ecac', offlineRaid],
  ['c12a7328-f81f-11d2-ba4b-00a0c93ec93b', other('EFI system')],
  ['7c3457ef-0000-11aa-aa11-00306543ecac', other('Apple APFS')],
  ['55465300-0000-11aa-aa11-00306543ecac', other('Apple UFS')],
  ['ebd0a0a2-b9e5-4433-87c0-68b6b72699c7', other('basic data')],
]);

/** Names of an Apple partition map, in lower case: the map's are compared so (Inside Macintosh: Devices). */
const apmTypes: ReadonlyMap<string, PartitionType> = new Map<string, PartitionType>([
  ['apple_hfs', hfs],
  ['apple_hfsx', hfs],
  ['apple_boot', boot],
  ['apple_boot_raid', { kind: 'Apple boot of a RAID', content: 'raid' }],
  ['apple_corestorage', coreStorage],
  ['apple_raid', raid],
  ['apple_raid_offline', offlineRaid],
]);

/** Numbers of a master boot record. */
const mbrTypes: ReadonlyMap<number, PartitionType> = new Map<number, PartitionType>([
  [0xaf, hfs],
  [0xab, boot],
  [0xac, raid],
  [0xa8, other('Apple UFS')],
  [0x07, other('NTFS or exFAT')],
  [0x0b, other('FAT32')],
  [0x0c, other('FAT32')],
  [0x0e, other('FAT16')],
  [0x82, other('Linux swap')],
  [0x83, other('Linux')],
]);

export function gptType(guid: string): PartitionType {
  return gptTypes.get(guid) ?? other(guid);
}

/** Kinds are as the map has them: people know an Apple map's types by their names. */
export function apmType(name: string): PartitionType {
  const content = apmTypes.get(name.toLowerCase())?.content ?? 'other';
  return { kind: name, content };
}

export function mbrType(number: number): PartitionType {
  return mbrTypes.get(number) ?? other(`type 0x${number.toString(16).padStart(2, '0')}`);
}

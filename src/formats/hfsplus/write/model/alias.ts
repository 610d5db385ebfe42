import { bytes, struct, u16, u32, u8 } from '../../../struct/index.ts';

/** Beginning of a resource fork (Inside Macintosh: More Macintosh Toolbox, "Resource File Format"). Big-endian. */
const forkHeader = struct('hfsplus.resourceFork', {
  dataOffset: u32,
  mapOffset: u32,
  dataLength: u32,
  mapLength: u32,
});

/** An alias record, version 2, without names: what it means is found by ids. */
const aliasRecord = struct('hfsplus.alias', {
  creator: u32,
  size: u16,
  version: u16,
  kind: u16, // 1: of a folder
  volumeName: bytes(28),
  volumeCreated: u32, // local time
  fileSystem: u16, // 'H+'
  volumeKind: u16, // 5: a disk that can be ejected, as images are
  parent: u32,
  name: bytes(64),
  target: u32,
  created: u32,
  typeAndCreator: bytes(8),
  levelsFrom: u16, // 0xFFFF: unknown
  levelsTo: u16,
  volumeAttributes: u32,
  fileSystemId: u16,
  reserved: bytes(10),
  endTag: u16, // 0xFFFF
  endLength: u16,
});

/** The resource map: one resource of the type 'alis', its id 0. */
const map = struct('hfsplus.resourceMap', {
  header: forkHeader,
  nextMap: u32,
  reference: u16,
  attributes: u16,
  typesOffset: u16,
  namesOffset: u16,
  typesLess1: u16,
  type: u32,
  countLess1: u16,
  listOffset: u16,
  id: u16,
  nameOffset: u16, // 0xFFFF: no name
  flags: u8,
  dataOffset: bytes(3),
  handle: u32,
});

const dataOffset = 256;
const lengthSize = 4;

/**
 * The resource fork of a folder's hard link: systems that do not know those take them for aliases. 464 bytes.
 * @param ids of the folder behind the link and of the private folder it is in; `volumeCreated` in seconds since 1904
 */
export function dirlinkAlias(ids: {
  readonly volumeCreated: number;
  readonly parent: number;
  readonly target: number;
}): Uint8Array {
  const alias = aliasRecord.encode({
    creator: 0,
    size: aliasRecord.size,
    version: 2,
    kind: 1,
    volumeName: new Uint8Array(28),
    fileSystem: 0x482b,
    volumeKind: 5,
    name: new Uint8Array(64),
    created: 0,
    typeAndCreator: new Uint8Array(8),
    levelsFrom: 0xffff,
    levelsTo: 0xffff,
    volumeAttributes: 0x900,
    fileSystemId: 0,
    reserved: new Uint8Array(10),
    endTag: 0xffff,
    endLength: 0,
    ...ids,
  });
  const dataLength = lengthSize + alias.length;
  const header = { dataOffset, mapOffset: dataOffset + dataLength, dataLength, mapLength: map.size };
  const fork = Buffer.alloc(header.mapOffset + map.size);
  fork.set(forkHeader.encode(header));
  fork.writeUInt32BE(alias.length, dataOffset);
  fork.set(alias, dataOffset + lengthSize);
  fork.set(
    map.encode({
      header,
      nextMap: 0,
      reference: 0,
      attributes: 0,
      typesOffset: 28,
      namesOffset: map.size,
      typesLess1: 0,
      type: 0x616c6973,
      countLess1: 0,
      listOffset: 10,
      id: 0,
      nameOffset: 0xffff,
      flags: 0,
      dataOffset: new Uint8Array(3),
      handle: 0,
    }),
    header.mapOffset,
  );
  return fork;
}

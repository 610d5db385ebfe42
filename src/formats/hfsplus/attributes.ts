import { FormatError, type ByteSource } from '../../base/index.ts';
import { memorySource } from '../source/index.ts';
import { readUnits } from './catalog.ts';
import { forkExtents, forkSource, type Extent, type Geometry } from './fork.ts';
import { attributeType, extentsAttribute, forkAttribute, inlineAttribute } from './records.ts';
import { leaves, type Tree } from './tree.ts';

/** An extended attribute: its bytes, or where they are. */
export type Attribute = { readonly name: string; readonly at: number } & (
  | { readonly kind: 'inline'; readonly data: Buffer }
  | { readonly kind: 'fork'; readonly size: number; readonly extents: readonly Extent[] }
);

/** All attributes of a volume by the id of their file or folder. */
export type Attributes = Map<number, Map<string, Attribute>>;

/** Reads a whole attributes file. */
export async function readAttributes(tree: Tree | undefined, geometry: Geometry): Promise<Attributes> {
  const attributes: Attributes = new Map();
  if (tree === undefined) return attributes;
  /** A fork whose extents' records are still to come. */
  let open: { id: number; name: string; at: number; head: Buffer; more: Extent[] } | undefined;
  const put = (id: number, attribute: Attribute): void => {
    const own = attributes.get(id) ?? new Map<string, Attribute>();
    attributes.set(id, own);
    if (own.has(attribute.name))
      throw new FormatError('hfsplus', `two attributes of ${id} have one name`, { offset: attribute.at });
    own.set(attribute.name, attribute);
  };
  const close = (): void => {
    if (open === undefined) return;
    const { id, name, at, head, more } = open;
    open = undefined;
    const { fork } = forkAttribute.decode(head, 0, at);
    const extents = forkExtents(fork, more, geometry, `the attribute "${name}" of ${id}`, at);
    put(id, { kind: 'fork', name, at, size: Number(fork.logicalSize), extents });
  };
  for await (const node of leaves(tree)) {
    for (const { key, data, offset } of node.records) {
      const at = node.at + offset;
      if (key.length < 12 || data.length < 4)
        throw new FormatError('hfsplus', 'a record of the attributes file is too short', { offset: at });
      const id = key.readUInt32BE(2);
      const name = readUnits(key, 10, at);
      const type = data.readUInt32BE(0);
      if (type === attributeType.extents) {
        if (open?.id !== id || open.name !== name)
          throw new FormatError('hfsplus', 'extents of an attribute come without it', { offset: at });
        const { extents } = extentsAttribute.decode(data, 0, at);
        open.more.push(...extents.filter(({ blockCount }) => blockCount > 0));
        continue;
      }
      close();
      if (type === attributeType.inline) {
        const { size } = inlineAttribute.decode(data, 0, at);
        if (inlineAttribute.size + size > data.length)
          throw new FormatError('hfsplus', `an attribute of ${size} bytes is not in its record`, {
            offset: at,
          });
        const from = inlineAttribute.size;
        put(id, { kind: 'inline', name, at, data: data.subarray(from, from + size) });
      } else if (type === attributeType.fork) open = { id, name, at, head: data, more: [] };
      else throw new FormatError('hfsplus', `an attribute is of the unknown type ${type}`, { offset: at });
    }
  }
  close();
  return attributes;
}

/** An attribute's bytes. */
export function attributeSource(attribute: Attribute, volume: ByteSource, blockSize: number): ByteSource {
  return attribute.kind === 'inline'
    ? memorySource(attribute.data)
    : forkSource(volume, attribute.extents, attribute.size, blockSize);
}

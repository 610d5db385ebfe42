import type { ByteSource } from '../../../../base/index.ts';
import { memorySource } from '../../../source/index.ts';
import type { Extent, ForkSource } from '../../fork.ts';
import {
  attributeType,
  extentsAttribute,
  forkAttribute,
  inlineAttribute,
  securityAttribute,
} from '../../records.ts';
import type { ForkData } from '../../volume-header.ts';
import type { CheckContext } from '../blocks/context.ts';
import type { CheckedCatalog, CheckedEntry } from './entry.ts';
import { checkFork } from '../blocks/fork.ts';
import { attributeRules, type AttributeKey } from '../trees/keys.ts';
import { checkTree } from '../trees/tree.ts';

/** Of the attributes file's key; XATTR_MAXNAMELEN. */
const longestName = 127;

/** An attribute that has been read whole. */
export interface CheckedAttribute {
  readonly id: number;
  readonly name: string;
  readonly data: ByteSource;
  readonly at: number;
}

/** Checks the attributes file and gives its attributes one by one. */
export async function* checkAttributes(
  context: CheckContext,
  { entries }: CheckedCatalog,
  fork: ForkSource,
): AsyncGenerator<CheckedAttribute> {
  const { found } = context;
  /** An attribute with a fork, whose further extents are still to come. */
  let open: { key: AttributeKey; fork: ForkData; extents: Extent[]; at: number } | undefined;
  const close = (): CheckedAttribute | undefined => {
    if (open === undefined) return undefined;
    const { key, extents, at } = open;
    const owner = attributeRules.show(key);
    const data = checkFork(
      context,
      open.fork,
      { area: 'attributes', owner, at, id: undefined, fork: 'data' },
      extents,
    );
    open = undefined;
    return { id: key.id, name: key.name, data, at };
  };
  for await (const { key, data, at } of checkTree(fork, attributeRules, found)) {
    const where = { offset: at, id: key.id };
    const fault = (what: string): void =>
      found.fault('attributes', `${attributeRules.show(key)} ${what}`, where);
    const type = data.length >= 4 ? data.readUInt32BE(0) : 0;
    if (type === attributeType.extents) {
      if (data.length !== extentsAttribute.size) fault(`has extents of ${data.length} bytes`);
      else if (open?.key.id !== key.id || open.key.name !== key.name)
        fault('has extents and no record before them');
      else {
        const before = blocksOf(open.fork.extents) + blocksOf(open.extents);
        if (key.start !== before)
          fault(`continues at its block ${key.start}, and ${before} are known before it`);
        open.extents.push(
          ...extentsAttribute.decode(data).extents.filter(({ blockCount }) => blockCount > 0),
        );
      }
      continue;
    }
    const before = close();
    if (before !== undefined) yield before;
    const owner = entries.get(key.id);
    if (owner === undefined) fault('has no file or folder');
    else {
      owner.attributes = true;
      owner.security ||= key.name === securityAttribute;
    }
    if (key.start !== 0) fault(`begins at its block ${key.start}`);
    if (key.name === '' || key.name.length > longestName) fault(`has a name of ${key.name.length} units`);
    if (type === attributeType.inline && data.length >= inlineAttribute.size) {
      const { size } = inlineAttribute.decode(data);
      if (inlineAttribute.size + size > data.length) {
        fault(`has ${size} bytes, and its record ${data.length - inlineAttribute.size}`);
        continue;
      }
      const bytes = data.subarray(inlineAttribute.size, inlineAttribute.size + size);
      yield { id: key.id, name: key.name, data: memorySource(bytes), at };
    } else if (type === attributeType.fork && data.length === forkAttribute.size)
      open = { key, fork: forkAttribute.decode(data).fork, extents: [], at };
    else fault(`is of the type ${type} with ${data.length} bytes`);
  }
  const last = close();
  if (last !== undefined) yield last;
  checkFlags(context, entries.values());
}

/** Bits of `flags`: the file or folder has attributes, one of them an access control list. */
const [attributesFlag, securityFlag] = [0x04, 0x08];

function checkFlags({ found }: CheckContext, entries: Iterable<CheckedEntry>): void {
  for (const { id, kind, fields, attributes, security, at } of entries) {
    const compare = (flag: number, present: boolean, what: string, some: string): void => {
      if (((fields.flags & flag) !== 0) === present) return;
      const said = present
        ? `has ${what}, but its flags say that it is not there`
        : `has no ${what}, but its flags say that it has ${some}`;
      found.fault('attributes', `${kind} ${id} ${said}`, { offset: at, id });
    };
    compare(attributesFlag, attributes, 'attributes', 'some');
    compare(securityFlag, security, 'access control list', 'one');
  }
}

function blocksOf(extents: readonly Extent[]): number {
  return extents.reduce((sum, { blockCount }) => sum + blockCount, 0);
}

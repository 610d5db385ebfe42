import type { ForkSource } from '../../fork.ts';
import { nodeDescriptor, nodeKind, treeHeader, type TreeHeader } from '../../records.ts';
import type { Findings } from '../findings.ts';
import type { TreeRules } from './keys.ts';

/** Beginnings of a header node's records: header, 128 bytes reserved, map (TN1150, "Header Node"). */
const headerRecords = [14, 120, 248] as const;
/** A bit of `attributes`: the tree was not closed. */
const badClose = 1;

/** A tree's header and what can be done with it. */
export interface CheckedHeader {
  readonly header: TreeHeader;
  /** How many nodes there are to read, whatever the header says. */
  readonly nodes: number;
}

/** Checks a tree's first node. @returns undefined when nothing behind it can be read */
export async function checkTreeHeader<K>(
  fork: ForkSource,
  rules: TreeRules<K>,
  found: Findings,
): Promise<CheckedHeader | undefined> {
  const at = fork.at(0);
  const fault = (what: string, from = 0): void =>
    found.fault(rules.area, `the ${rules.area} file ${what}`, { offset: at + from });
  if (fork.size < 512) {
    fault(`has ${fork.size} bytes, too few for a B-tree`);
    return undefined;
  }
  const head = Buffer.from(await fork.read(0, 512));
  const descriptor = nodeDescriptor.decode(head);
  const header = treeHeader.decode(head, nodeDescriptor.size);
  const { nodeSize } = header;
  if (nodeSize < 512 || nodeSize > 32768 || (nodeSize & (nodeSize - 1)) !== 0 || nodeSize > fork.size) {
    fault(`has nodes of ${nodeSize} bytes`, 32);
    return undefined;
  }
  if (descriptor.kind !== nodeKind.header)
    fault(`begins with a node of kind ${descriptor.kind} instead of 1`, 8);
  if (descriptor.height !== 0 || descriptor.previous !== 0)
    fault('has a header node with a height or a node before it', 4);
  if (descriptor.recordCount !== headerRecords.length)
    fault(`has a header node of ${descriptor.recordCount} records instead of 3`, 10);
  const table = Buffer.from(await fork.read(nodeSize - 8, 8));
  [...headerRecords, nodeSize - 8].forEach((expected, index) => {
    const given = table.readUInt16BE(6 - 2 * index);
    if (given !== expected)
      fault(
        `has record ${index} of its header node at ${given} instead of ${expected}`,
        nodeSize - 2 - 2 * index,
      );
  });
  const nodes = Math.floor(fork.size / nodeSize);
  if (header.totalNodes !== nodes)
    fault(`counts ${header.totalNodes} nodes and has room for ${nodes}`, 14 + 22);
  if (fork.size % nodeSize !== 0) fault(`has ${fork.size} bytes, not a whole number of nodes`);
  if (header.maxKeyLength !== rules.maxKeyLength)
    fault(`allows keys of ${header.maxKeyLength} bytes instead of ${rules.maxKeyLength}`, 14 + 20);
  if (header.treeType !== 0) fault(`is of the type ${header.treeType}, not 0`, 14 + 36);
  if ((header.attributes & badClose) !== 0) fault('was not closed properly', 14 + 38);
  if ((header.attributes & 6) !== rules.attributes)
    fault(`has the attributes ${header.attributes} instead of ${rules.attributes}`, 14 + 38);
  return { header, nodes };
}

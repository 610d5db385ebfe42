import { FormatError, type ByteSource } from '../../base/index.ts';
import { gptSectorSize } from './layout.ts';
import { endOf, readTables, type GptPartition } from './table.ts';

export interface Gpt {
  readonly partitions: readonly GptPartition[];
  /** Where the disk ends according to the table, in bytes. */
  readonly size: number;
  /** Which of the two tables are sound; at least one. */
  readonly sound: readonly ('primary' | 'backup')[];
}

/** Reads a GUID partition table, from its backup where the primary is damaged. @returns undefined when none exists */
export async function readGpt(disk: ByteSource): Promise<Gpt | undefined> {
  const tables = await readTables(disk);
  if (tables === undefined) return undefined;
  const { primary, backup, best } = tables;
  return {
    partitions: best.partitions,
    size: endOf(best) * gptSectorSize,
    sound: [
      ...(primary instanceof FormatError ? [] : (['primary'] as const)),
      ...(backup instanceof FormatError ? [] : (['backup'] as const)),
    ],
  };
}

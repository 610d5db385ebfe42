import { FormatError, type ByteSource } from '../../../../base/index.ts';
import { readJournal, replayed, type Journal } from '../../journal.ts';
import type { VolumeHeader } from '../../volume-header.ts';
import type { Findings } from '../findings.ts';

/** Checks the journal. @returns the volume as it is when it has been replayed */
export async function checkJournal(
  volume: ByteSource,
  header: VolumeHeader,
  found: Findings,
): Promise<ByteSource> {
  let journal: Journal | undefined;
  try {
    journal = await readJournal(volume, header);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    found.fault('journal', error.reason, error.offset === undefined ? {} : { offset: error.offset });
  }
  if (journal === undefined) return volume;
  const { pending, offset } = journal;
  if (pending.size > 0)
    found.remark(
      'journal',
      `${pending.size} of its sectors are not in their place yet; checked as if they were`,
      { offset },
    );
  return replayed(volume, journal);
}

import { Failure } from '../../base/index.ts';
import { appleDoubleHead } from '../../formats/apple-double/index.ts';
import {
  fieldsOf,
  openData,
  openFork,
  unixTime,
  type Entry,
  type HfsVolume,
} from '../../formats/hfsplus/index.ts';
import { streamOf } from '../../formats/stream/index.ts';
import { folderByRename } from './folder-by-rename.ts';
import { finderInfoOf, planExtraction, type ExtractionPlan, type PlanOptions } from './plan-volume.ts';
import { TreeWriter, type Attributes } from './tree-writer.ts';

export interface ExtractOptions extends PlanOptions {
  /** How many bytes of all are written. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Extracts what is in a folder of a volume, or a file: data decoded, permissions, times of change, symbolic and hard
 * links. The folder appears by rename when all of it is there.
 * @throws FormatError where the volume is damaged; Failure 'no-space' before anything is written, 'cannot-write'; the
 *   signal's reason
 */
export async function extractVolume(
  volume: HfsVolume,
  entry: Entry,
  folder: string,
  options: ExtractOptions = {},
): Promise<ExtractionPlan> {
  const plan = await planExtraction(volume, entry, options);
  return folderByRename(folder, async (partial, free) => {
    if (plan.bytes > free)
      throw new Failure('no-space', `${folder} takes ${plan.bytes} bytes and its disk has ${free} left`, {
        hint: 'Free some space, or write to another disk.',
      });
    let done = 0;
    const tree = new TreeWriter(partial, {
      format: 'hfsplus',
      limit: free,
      signal: options.signal,
      onBytes: (bytes) => options.onProgress?.((done += bytes), plan.bytes),
    });
    for (const step of plan.steps) {
      switch (step.kind) {
        case 'folder':
          tree.folder(step.path, attributesOf(step.entry));
          break;
        case 'file':
          await tree.file(step.path, streamOf(await openData(volume, step.entry)), attributesOf(step.entry));
          break;
        case 'apple-double':
          await tree.file(step.path, appleDouble(volume, step.entry), attributesOf(step.entry));
          break;
        case 'link':
          tree.link(step.path, step.target, attributesOf(step.entry).time);
          break;
        case 'hard-link':
          tree.hardLink(step.path, step.existing);
      }
    }
    tree.finish();
    return plan;
  });
}

function attributesOf(entry: Entry): Attributes {
  const { mode, contentModDate } = fieldsOf(entry);
  const plain = entry.kind === 'folder' ? 0o755 : 0o644;
  return { mode: mode === 0 ? plain : mode, time: unixTime(contentModDate) };
}

async function* appleDouble(volume: HfsVolume, entry: Entry): AsyncGenerator<Uint8Array> {
  const fork = entry.kind === 'file' ? openFork(volume, entry, 'resource') : undefined;
  yield appleDoubleHead(finderInfoOf(entry), fork?.size ?? 0);
  if (fork !== undefined) yield* streamOf(fork);
}

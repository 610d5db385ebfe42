import { Command } from 'commander';
import { Failure } from '../../../../base/index.ts';
import { parseSize } from '../../../../recipe/index.ts';
import { onInterrupt } from '../../../interrupt.ts';
import { showProgress } from '../../../reporters/progress-line.ts';
import { formatBytes } from '../../../../text/format.ts';

interface Flags {
  readonly name: string;
  readonly size?: string;
  readonly caseSensitive?: boolean;
}

export function newCommand(): Command {
  return new Command('new')
    .description('Make a volume without a partition map, empty or with files and folders in it.')
    .argument('<image>', 'the raw image to write; it appears when it is whole')
    .argument('[files...]', 'what is to be in its root folder')
    .option('--name <name>', "the volume's", 'Untitled')
    .option('--size <size>', "the volume's size, such as 512M; by default just enough for its contents")
    .option('--case-sensitive', 'HFSX, whose names differ by case')
    .addHelpText(
      'after',
      '\nExamples:\n  cidermill hfs new disk.img --size 1G --name Data\n  cidermill hfs new drivers.img kexts/*.kext',
    )
    .action(async (image: string, files: readonly string[], flags: Flags) => {
      const { addHostFiles, byRename, openTarget } = await import('../../../../image/index.ts');
      const { newVolume } = await import('../../../../formats/hfsplus/index.ts');
      const wanted = flags.size === undefined ? 0 : parseSize(flags.size);
      if (wanted === undefined) throw new Failure('usage', `${flags.size ?? ''} is not a size such as 512M`);
      const editor = newVolume({
        name: flags.name,
        date: new Date(),
        size: wanted,
        caseSensitive: flags.caseSensitive === true,
      });
      const links = new Map<string, typeof editor.root>();
      for (const file of files) await addHostFiles(editor, editor.root, file, {}, links);
      const size = wanted === 0 ? editor.sizeNeeded() : wanted;
      const signal = onInterrupt();
      const progress = showProgress('write');
      await byRename(image, async (partial) => {
        const target = await openTarget(partial, 'new');
        await editor
          .commit(target, {
            size,
            onProgress: (done, total) => {
              signal.throwIfAborted();
              progress.take(done, total);
            },
          })
          .finally(target.close);
      }).finally(progress.end);
      console.log(`${image}: ${formatBytes(size)}`);
    });
}

import { Command } from 'commander';
import { Failure } from '../../../../base/index.ts';
import { edit, entryAt, imageAndPath } from './edit.ts';

export function removeCommand(): Command {
  return new Command('remove')
    .description(
      'Remove files and folders, with everything in them, from the volume of a raw image. The change is made in a copy, which then replaces the image.',
    )
    .argument('<places...>', 'IMAGE:/path, and more of them in the same image')
    .addHelpText('after', '\nExample:\n  cidermill hfs remove my.iso:/System/Installation/Packages')
    .action(async (places: readonly string[]) => {
      const parts = places.map(imageAndPath);
      const image = parts[0]?.image ?? '';
      if (parts.some((part) => part.image !== image || part.path === ''))
        throw new Failure('usage', 'each argument must be IMAGE:/path, all in the same image');
      await edit(image, (editor) => {
        // All are looked for before one goes: a folder may be named beside what is in it.
        const entries = new Set(parts.map(({ path }) => entryAt(editor, path)));
        for (const entry of entries) if (entry.parent !== undefined) editor.remove(entry);
      });
      console.log(`${image}: ${parts.length} removed`);
    });
}

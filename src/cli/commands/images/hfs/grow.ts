import { Command } from 'commander';
import { Failure } from '../../../../base/index.ts';
import { parseSize } from '../../../../recipe/index.ts';
import { formatBytes } from '../../../../text/format.ts';
import { edit, imageAndPath } from './edit.ts';

export function growCommand(): Command {
  return new Command('grow')
    .description(
      'Give the volume of a raw image more room, and its partition with it. The change is made in a copy, which then replaces the image.',
    )
    .argument('<image>', 'a raw or .iso image, with a partition map or without')
    .argument('<size>', 'the new size of the volume, such as 8G, or how much to add, such as +500M')
    .addHelpText('after', '\nExample:\n  cidermill hfs grow disk.img 8G')
    .action(async (place: string, text: string) => {
      const { image, path } = imageAndPath(place);
      const size = parseSize(text.replace(/^\+/, ''));
      if (path !== '')
        throw new Failure('usage', `${place} names a folder of a volume`, {
          hint: `Name the image alone: ${image}`,
        });
      if (size === undefined)
        throw new Failure('usage', `${text} is not a size`, { hint: 'Give a size such as 8G or +500M.' });
      const { before, after } = await edit(
        image,
        () => undefined,
        (now) => (text.startsWith('+') ? now + size : size),
      );
      console.log(`${image}: the volume has ${formatBytes(after)}, ${formatBytes(after - before)} more`);
    });
}

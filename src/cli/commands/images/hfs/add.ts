import { Command, InvalidArgumentError, Option } from 'commander';
import { Failure } from '../../../../base/index.ts';
import { formatBytes, formatCount } from '../../../../text/format.ts';
import { edit, entryAt, grown, imageAndPath } from './edit.ts';

interface Flags {
  readonly as?: string;
  readonly owner?: { readonly owner: number; readonly group: number };
  readonly replace?: boolean;
}

export function addCommand(): Command {
  return new Command('add')
    .description(
      'Put files and folders into the volume of a raw image, which grows where it has to. The change is made in a copy, which then replaces the image.',
    )
    .argument('<place>', 'IMAGE or IMAGE:/folder; a raw or .iso image, with a partition map or without')
    .argument('<files...>', 'files, symbolic links and folders with all that is in them')
    .option('--as <name>', 'the name to give it there, when only one is added')
    .addOption(
      new Option('--owner <uid:gid>', 'the owner of everything that is added, such as 501:20')
        .argParser(ownerAndGroup)
        .default({ owner: 0, group: 0 }, '0:0'),
    )
    .option('--replace', 'replace files that exist; folders are always merged')
    .addHelpText(
      'after',
      '\nExamples:\n  cidermill hfs add my.iso:/Extra org.chameleon.Boot.plist\n  cidermill hfs add disk.img:/ Packages --owner 501:20',
    )
    .action(async (place: string, files: readonly string[], flags: Flags) => {
      const { addHostFiles } = await import('../../../../image/index.ts');
      const { image, path } = imageAndPath(place);
      if (flags.as !== undefined && files.length > 1)
        throw new Failure('usage', `--as is for a single file, but ${files.length} are added`);
      const edited = await edit(image, async (editor) => {
        const folder = entryAt(editor, path);
        const links = new Map<string, typeof folder>();
        const total = { files: 0, folders: 0, bytes: 0 };
        for (const file of files) {
          const options = { name: flags.as, replace: flags.replace, ...flags.owner };
          const added = await addHostFiles(editor, folder, file, options, links);
          total.files += added.files;
          total.folders += added.folders;
          total.bytes += added.bytes;
        }
        return total;
      });
      const { files: count, folders, bytes } = edited.result;
      console.log(
        `${image}: ${formatCount(count, 'file')} (${formatBytes(bytes)}) and ${formatCount(folders, 'folder')} added${grown(edited)}`,
      );
    });
}

function ownerAndGroup(text: string): { readonly owner: number; readonly group: number } {
  const match = /^(\d{1,10}):(\d{1,10})$/.exec(text);
  const [owner, group] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || owner > 0xffffffff || group > 0xffffffff)
    throw new InvalidArgumentError('Expected two numbers, such as 501:20.');
  return { owner, group };
}

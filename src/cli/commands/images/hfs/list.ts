import { Command } from 'commander';
import type { ListedEntry, ImagePath } from '../../../../image/index.ts';
import { passwordOption, placeWith, type PasswordFlag } from '../../../password.ts';
import { printableName } from '../../../../text/printable.ts';

export function listCommand(): Command {
  return new Command('list')
    .description('List a folder: mode, size in bytes and name. ":" stands for a "/" in a name.')
    .argument('<place>', 'IMAGE, IMAGE:/path, or OUTER.dmg:/inner.dmg:/path')
    .option('-r, --recursive', 'also list the folders in it, recursively')
    .addOption(passwordOption())
    .option('--json', 'print JSON with everything known about each: owners, dates, forks, attributes, links')
    .addHelpText(
      'after',
      '\nExamples:\n  cidermill hfs list InstallESD.dmg:/BaseSystem.dmg:/System\n  cidermill hfs list disk.iso --json -r',
    )
    .action(async (path: string, flags: ListFlags) => listPlace(await placeWith(path, flags), flags));
}

export interface ListFlags extends PasswordFlag {
  readonly recursive?: boolean;
  readonly json?: boolean;
}

/** Prints what is in a folder of a volume inside an image, or a file's line. */
export async function listPlace(place: ImagePath, flags: ListFlags): Promise<void> {
  const { listFolder, openInside } = await import('../../../../image/index.ts');
  const { volume, entry, close } = await openInside(place);
  try {
    const entries = listFolder(volume, entry, flags.recursive === true);
    if (flags.json === true) {
      const list: ListedEntry[] = [];
      for await (const each of entries) list.push(each);
      console.log(JSON.stringify(list, null, 2));
    } else for await (const each of entries) console.log(entryLine(each));
  } finally {
    await close();
  }
}

export function entryLine({ path, kind, mode, size, target }: ListedEntry): string {
  const shown = kind === 'folder' ? `${path}/` : target === undefined ? path : `${path} -> ${target}`;
  return `${mode} ${(kind === 'folder' ? '-' : String(size)).padStart(12)}  ${printableName(shown)}`;
}

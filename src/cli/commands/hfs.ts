import { Command } from 'commander';
import type { Entry, HfsVolume } from '../../formats/hfsplus/index.ts';
import { printable } from '../reporters/printable.ts';
import { addCommand } from './hfs-add.ts';
import { checkCommand } from './hfs-check.ts';
import { extractCommand } from './hfs-extract.ts';
import { growCommand } from './hfs-grow.ts';
import { newCommand } from './hfs-new.ts';
import { removeCommand } from './hfs-remove.ts';

export function hfsCommand(): Command {
  return new Command('hfs')
    .description(
      'Read HFS+ volumes inside a .dmg, .iso or raw image, and change them in raw ones, without root and without mounting.',
    )
    .addCommand(list())
    .addCommand(cat())
    .addCommand(extractCommand())
    .addCommand(checkCommand())
    .addCommand(addCommand())
    .addCommand(removeCommand())
    .addCommand(growCommand())
    .addCommand(newCommand());
}

const place = 'IMAGE, IMAGE:/path, or OUTER.dmg:/inner.dmg:/path';

function list(): Command {
  return new Command('list')
    .description('What is in a folder: mode, size in bytes and name. ":" stands for a "/" in a name.')
    .argument('<place>', place)
    .option('-r, --recursive', 'and in the folders in it')
    .addHelpText('after', '\nExample:\n  cidermill hfs list InstallESD.dmg:/BaseSystem.dmg:/System')
    .action(async (path: string, flags: { readonly recursive?: boolean }) => {
      const { openInside } = await import('../../image/index.ts');
      const { volume, entry, close } = await openInside(path);
      try {
        await show(volume, entry, '', flags.recursive === true);
      } finally {
        await close();
      }
    });
}

/** Prints an entry's line, or those of what is in it. Links to folders are not descended into: they can make circles. */
async function show(volume: HfsVolume, entry: Entry, prefix: string, recursive: boolean): Promise<void> {
  const { childrenOf, fieldsOf, linkTarget, openData, pathName } =
    await import('../../formats/hfsplus/index.ts');
  const line = async (each: Entry, name: string): Promise<void> => {
    const target = linkTarget(volume, each);
    const mode = fieldsOf(target).mode.toString(8).padStart(6, '0');
    const size = target.kind === 'folder' ? '-' : String((await openData(volume, each)).size);
    console.log(`${mode} ${size.padStart(12)}  ${printable(name)}${target.kind === 'folder' ? '/' : ''}`);
  };
  if (linkTarget(volume, entry).kind === 'file') {
    await line(entry, pathName(entry.name));
    return;
  }
  const open = [{ folder: entry, prefix }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const below: typeof open = [];
    for (const child of childrenOf(volume, next.folder)) {
      const name = next.prefix + pathName(child.name);
      await line(child, name);
      if (recursive && child.kind === 'folder') below.push({ folder: child, prefix: `${name}/` });
    }
    open.push(...below.reverse());
  }
}

function cat(): Command {
  return new Command('cat')
    .description("A file's data on standard output, decoded when HFS+ compresses them.")
    .argument('<place>', place)
    .option('--resource', 'its resource fork, as it is stored')
    .action(async (path: string, flags: { readonly resource?: boolean }) => {
      const { openInside } = await import('../../image/index.ts');
      const { linkTarget, openData, openFork } = await import('../../formats/hfsplus/index.ts');
      const { Failure } = await import('../../base/index.ts');
      const { volume, entry, close } = await openInside(path);
      try {
        const file = linkTarget(volume, entry);
        if (file.kind === 'folder') throw new Failure('usage', `${path} is a folder`);
        const data =
          flags.resource === true ? openFork(volume, file, 'resource') : await openData(volume, file);
        for (let at = 0; at < data.size; at += step) {
          const bytes = await data.read(at, Math.min(step, data.size - at));
          if (!process.stdout.write(bytes))
            await new Promise((resolve) => process.stdout.once('drain', resolve));
        }
      } finally {
        await close();
      }
    });
}

const step = 2 ** 20;

import { Command } from 'commander';
import { Failure } from '../../../../base/index.ts';
import { passwordOption, placeWith, type PasswordFlag } from '../../../password.ts';

/** @param parent the command that it belongs to, for the example in its help */
export function catCommand(parent: 'dmg' | 'hfs'): Command {
  return new Command('cat')
    .description("Write a file's data to standard output, decompressed where HFS+ compressed it.")
    .argument('<place>', 'IMAGE:/path, or OUTER.dmg:/inner.dmg:/path')
    .addOption(passwordOption())
    .option('--resource', 'write its resource fork, as it is stored')
    .addHelpText(
      'after',
      `\nExample:\n  cidermill ${parent} cat InstallESD.dmg:/BaseSystem.chunklist > BaseSystem.chunklist`,
    )
    .action(async (path: string, flags: PasswordFlag & { readonly resource?: boolean }) => {
      const { openInside } = await import('../../../../image/index.ts');
      const { linkTarget, openData, openFork } = await import('../../../../formats/hfsplus/index.ts');
      const { volume, entry, close } = await openInside(await placeWith(path, flags));
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

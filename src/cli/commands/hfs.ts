import { Command } from 'commander';
import { addCommand } from './hfs-add.ts';
import { catCommand } from './hfs-cat.ts';
import { checkCommand } from './hfs-check.ts';
import { extractCommand } from './hfs-extract.ts';
import { growCommand } from './hfs-grow.ts';
import { listCommand } from './hfs-list.ts';
import { newCommand } from './hfs-new.ts';
import { removeCommand } from './hfs-remove.ts';

export function hfsCommand(): Command {
  return new Command('hfs')
    .description(
      'Read HFS+ volumes inside a .dmg, .iso or raw image, and change them in raw ones, without root and without mounting.',
    )
    .addCommand(listCommand())
    .addCommand(catCommand('hfs'))
    .addCommand(extractCommand())
    .addCommand(checkCommand())
    .addCommand(addCommand())
    .addCommand(removeCommand())
    .addCommand(growCommand())
    .addCommand(newCommand());
}

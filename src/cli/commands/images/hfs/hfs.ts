import { Command } from 'commander';
import { addCommand } from './add.ts';
import { catCommand } from './cat.ts';
import { checkCommand } from './check.ts';
import { extractCommand } from './extract.ts';
import { growCommand } from './grow.ts';
import { listCommand } from './list.ts';
import { newCommand } from './new.ts';
import { removeCommand } from './remove.ts';

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

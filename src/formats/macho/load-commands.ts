import { bad, part, type ObjectFile } from './object-file.ts';
import { loadCommand, machHeader } from './structures.ts';

/** LC_* that a linker reads, by number; undefined are those that tell a debugger or a system something. */
const known: ReadonlyMap<number, CommandName | undefined> = new Map([
  [0x01, 'segment'],
  [0x02, 'symtab'],
  [0x0b, 'dysymtab'],
  [0x1b, undefined], // LC_UUID
  [0x24, undefined], // LC_VERSION_MIN_MACOSX
  [0x26, undefined], // LC_FUNCTION_STARTS
  [0x29, undefined], // LC_DATA_IN_CODE
  [0x2d, undefined], // LC_LINKER_OPTION
  [0x32, undefined], // LC_BUILD_VERSION
]);

type CommandName = 'segment' | 'symtab' | 'dysymtab';

/** A load command from behind its type and size to its end, in bytes of the object. */
export interface CommandRange {
  readonly offset: number;
  readonly end: number;
}

/** The commands that a linker reads, each at most once. @throws FormatError on one that is not known */
export function readLoadCommands(
  file: ObjectFile,
  count: number,
  size: number,
): ReadonlyMap<CommandName, CommandRange> {
  const commands = new Map<CommandName, CommandRange>();
  const end = machHeader.size + size;
  if (end > file.bytes.length) bad(file, `${size} bytes of load commands do not fit into the file`, 20);
  let offset = machHeader.size;
  for (let index = 0; index < count; index++) {
    if (offset + loadCommand.size > end) bad(file, `load command ${index} of ${count} is not there`, offset);
    const command = part(file, loadCommand, offset);
    if (command.size < loadCommand.size || command.size > end - offset) {
      bad(file, `load command ${index} has a size of ${command.size} bytes`, offset + 4);
    }
    if (!known.has(command.command)) {
      bad(file, `the load command 0x${command.command.toString(16)} is not supported`, offset);
    }
    const name = known.get(command.command);
    if (name !== undefined) {
      if (commands.has(name)) bad(file, `there is a second ${name} command`, offset);
      commands.set(name, { offset: offset + loadCommand.size, end: offset + command.size });
    }
    offset += command.size;
  }
  return commands;
}

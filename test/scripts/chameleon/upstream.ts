import { spawn } from 'node:child_process';
import { boot } from '../../../src/vm/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { tablesAndStrings, type Changes } from './trees.ts';

/* What upstream's trees of 2011 to 2018 have and the fixture has not, each by itself. */

/** Has an object made of a file of its name. */
export const addObject = (name: string) => (makefile: string) =>
  makefile.replace('SAIO_OBJS = table.o', `SAIO_OBJS = table.o ${name}.o`);

/** Called by boot.c, so that the linker takes the object with it. */
export const called = (name: string) => (text: string) =>
  `void ${name}(void);\n${text.replace('    prompt();\n', `    ${name}();\n    prompt();\n`)}`;

/** What a loader shows when it asks for a kernel. @param loader path of a file */
export async function promptOf(loader: string): Promise<string> {
  const { screen } = await boot({
    spawn,
    command: 'qemu-system-x86_64',
    args: [
      ...['-nodefaults', '-no-user-config', '-no-reboot', '-machine', 'pc', '-m', '512'],
      ...['-vga', 'std', '-kernel', loader],
    ],
    folder: freshFolder(),
    milestones: [{ name: 'prompt', where: 'screen', pattern: /^boot:/ }],
    milliseconds: 60_000,
  });
  return screen.join('\n');
}

/** Tables of jumps beside pointers to strings. */
export const withTables: Changes = {
  'i386/libsaio/Makefile': addObject('tables'),
  'i386/libsaio/tables.s': tablesAndStrings,
  'i386/boot2/boot.c': called('tables'),
};

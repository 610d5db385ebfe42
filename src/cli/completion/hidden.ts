import { Command } from 'commander';
import { openProject } from '../workspace.ts';

/** Commands for programs, which no list of commands has. */
export const hiddenCommands: Readonly<Record<string, () => Promise<Command>>> = {
  complete: () => Promise.resolve(completeCommand()),
  man: () => Promise.resolve(manCommand()),
};

/** What shells ask: how the last word may go on, one candidate a line. It never fails, and says nothing else. */
function completeCommand(): Command {
  const command = new Command('complete').argument('[words...]').action(async (words: readonly string[]) => {
    const { candidates } = await import('./candidates.ts');
    const found = await candidates(words, () => openProject(command)).catch(() => []);
    process.stdout.write(found.map((each) => `${each}\n`).join(''));
  });
  return command;
}

/** The man page, which the package has; made of what --help says. */
function manCommand(): Command {
  return new Command('man').action(async () => {
    const { manPage } = await import('../help/man-page.ts');
    process.stdout.write(await manPage());
  });
}

import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { Failure } from '../../../base/index.ts';
import { packageRoot } from '../../../host/index.ts';
import { projectDependencies, projectFiles } from '../../init/project-files.ts';
import { writeProject } from '../../init/write-project.ts';

export function initCommand(): Command {
  return new Command('init')
    .description('Start a project of your own: a recipe, its script and lock, and a pipeline.')
    .argument('[folder]', 'a new folder, or one that exists: no file in it is overwritten', '.')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill init demo && cd demo && npm install && npx cidermill run hello
  cidermill init                    in this folder; what is there is kept`,
    )
    .action((given: string, flags: { readonly json?: boolean }) => {
      const folder = resolve(given);
      if (folder === packageRoot)
        throw new Failure('usage', 'this folder is cidermill itself, not a project of yours', {
          hint: 'Give the name of another folder: cidermill init FOLDER',
        });
      const files = projectFiles(packageRoot, folder);
      const { written, kept } = writeProject(folder, files);
      const next = nextCommands(folder, kept.includes('package.json'));
      if (flags.json === true) {
        console.log(JSON.stringify({ folder, written, kept, next }, null, 2));
        return;
      }
      const names = [...files.keys()];
      const width = Math.max(...names.map((name) => name.length));
      for (const name of names)
        console.log(`${name.padEnd(width)}  ${kept.includes(name) ? 'kept as it is' : 'written'}`);
      console.log(['', 'Next:', ...next.map((command) => `  ${command}`)].join('\n'));
    });
}

/** What a person types then. A package.json of their own is left to them: the commands change it. */
function nextCommands(folder: string, ownManifest: boolean): string[] {
  const path = relative(process.cwd(), folder);
  const enter = path === '' ? [] : [`cd ${shellWord(path)}`];
  return [...enter, ...(ownManifest ? adaptManifest(folder) : ['npm install']), 'npx cidermill run hello'];
}

function adaptManifest(folder: string): string[] {
  const { type, dependencies, devDependencies } = readManifest(join(folder, 'package.json'));
  const present = { ...dependencies, ...devDependencies };
  const missing = Object.entries(projectDependencies(packageRoot, folder))
    .filter(([name]) => !Object.hasOwn(present, name))
    .map(([name, range]) => shellWord(range.startsWith('file:') ? range : `${name}@${range}`));
  return [
    ...(type === 'module' ? [] : ['npm pkg set type=module']),
    missing.length === 0 ? 'npm install' : `npm install --save-dev ${missing.join(' ')}`,
  ];
}

interface Manifest {
  readonly type?: unknown;
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly devDependencies?: Readonly<Record<string, unknown>>;
}

function readManifest(path: string): Manifest {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as Manifest | null) ?? {};
  } catch {
    // npm says what is wrong with it.
    return {};
  }
}

function shellWord(text: string): string {
  return /^[\w./@:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

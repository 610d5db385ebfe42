import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../base/index.ts';
import { packageRoot } from '../host/index.ts';
import { findProject, type Project } from '../recipe/index.ts';
import { openStore, type Store } from '../store/index.ts';

/** What every command that works with a project starts from. */
export interface Workspace {
  readonly project: Project;
  /** Absolute: products and, unless it is shared, the store. */
  readonly artifacts: string;
  readonly store: Store;
}

/**
 * Opens the project around the current folder, or around the one that `--directory` names.
 * @throws Failure 'no-project' when there is no such folder; 'cannot-write' when the store cannot be opened
 */
export function openWorkspace(command: Command): Workspace {
  const project = openProject(command);
  const artifacts = artifactsOf(project);
  const folder = storeFolder(project);
  try {
    mkdirSync(artifacts, { recursive: true });
    return { project, artifacts, store: openStore(folder) };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new Failure('cannot-write', `the store ${folder} cannot be opened`, {
      cause,
      hint: 'It is artifacts/.store of the project, or the folder that CIDERMILL_STORE names.',
    });
  }
}

/** The same store and the same place for products, with the project that a folder holds. */
export function withProject(workspace: Workspace, folder: string): Workspace {
  return { ...workspace, project: { ...findProject(folder, packageRoot), cwd: workspace.project.cwd } };
}

/**
 * The project alone, for commands that need no store and make no folder.
 * @throws Failure 'no-project' when there is no such folder
 */
export function openProject(command: Command): Project {
  const { directory = '.' } = command.optsWithGlobals<{ directory?: string }>();
  const folder = resolve(directory);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Failure('no-project', `there is no folder ${directory}`, {
      hint: '--directory names the project, or a folder in it.',
    });
  return findProject(folder, packageRoot);
}

/** Where the store is, or will be. */
export function storeFolder(project: Project): string {
  const shared = process.env['CIDERMILL_STORE'];
  return shared === undefined || shared === '' ? join(artifactsOf(project), '.store') : resolve(shared);
}

function artifactsOf(project: Project): string {
  return join(project.root, 'artifacts');
}

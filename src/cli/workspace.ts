import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../base/index.ts';
import { packageRoot } from '../host/index.ts';
import { findProject, isProject, type Project } from '../recipe/index.ts';
import { ignoreArtifacts, recordProject, type OpenOptions, type Store } from '../store/index.ts';
import { openStoreAt, storePlace } from './store-place.ts';

/** What every command that works with a project starts from. */
export interface Workspace {
  readonly project: Project;
  /** Absolute: the links to products, and the store of a project that has its own. */
  readonly artifacts: string;
  readonly store: Store;
}

interface WorkspaceOptions extends Pick<OpenOptions, 'mend'> {
  /** For commands that use the store alone, or bring a project with them. */
  readonly anyFolder?: boolean;
}

/**
 * Opens the project around the current folder, or around the one that `--directory` names.
 * @throws Failure 'no-project' when there is no such folder or no project in it; 'cannot-write' when the store cannot be opened
 */
export function openWorkspace(
  command: Command,
  { anyFolder = false, ...options }: WorkspaceOptions = {},
): Workspace {
  const project = openProject(command);
  if (!anyFolder && !isProject(project.root))
    throw new Failure('no-project', `there is no project in ${project.root}, nor in a folder above it`, {
      hint: 'A project has recipes/, pipelines/ or cidermill.yaml. Start one with `cidermill init`, or name one with --directory.',
    });
  const artifacts = artifactsOf(project);
  try {
    const store = openStoreAt({ named: namedStore(command), artifacts }, options);
    if (store.root.startsWith(join(artifacts, '/'))) ignoreArtifacts(artifacts);
    recordProject(store, project);
    return { project, artifacts, store };
  } catch (cause) {
    if (cause instanceof Failure || (cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new Failure('cannot-write', `the store ${storeFolder(command, project)} cannot be opened`, {
      cause,
      hint: 'Name a folder that can be written by --store or CIDERMILL_STORE.',
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
export function storeFolder(command: Command, project: Project): string {
  return storePlace({ named: namedStore(command), artifacts: artifactsOf(project) });
}

function namedStore(command: Command): string | undefined {
  return command.optsWithGlobals<{ store?: string }>().store ?? process.env['CIDERMILL_STORE'];
}

function artifactsOf(project: Project): string {
  return join(project.root, 'artifacts');
}

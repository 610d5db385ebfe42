import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { testProject, type Ended, type TestProject } from '../rig/project.ts';

/** The checkout's own store: what the tests build is built once, and there for `run` too. */
const store = process.env['CIDERMILL_STORE'] || join(packageRoot, 'artifacts/.store');
/** For a build of kernel modules on a busy machine; in milliseconds. */
export const patience = 30 * 60_000;

export function run(project: TestProject, args: readonly string[]): Promise<Ended> {
  return project.run(args, { CIDERMILL_STORE: store });
}

export function set(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
}

/** Runs a recipe to its end; gives the folder of its product. */
export async function build(
  recipe: string,
  args: readonly string[],
  project = testProject({}),
): Promise<string> {
  const { code, stdout, stderr } = await run(project, ['run', recipe, ...args]);
  expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' });
  return join(project.root, 'artifacts', recipe);
}

export function modinfo(file: string, field: string): string {
  return execFileSync('modinfo', ['-F', field, file], { encoding: 'utf8' }).trim();
}

/** The modules of Debian's kernel as the pipeline toolchain has them: built once for all who ask. */
export const bookwormModules = set({ build: 'always' });

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
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

/** What every module of a build must be like. */
export function checkModules(folder: string, vermagic: string): void {
  const modules = join(folder, 'modules');
  expect(readdirSync(modules).sort()).toEqual(['kvm-amd.ko', 'kvm-intel.ko', 'kvm.ko']);
  for (const name of ['kvm', 'kvm-amd', 'kvm-intel']) {
    const file = join(modules, `${name}.ko`);
    expect(modinfo(file, 'vermagic')).toBe(vermagic);
    expect(modinfo(file, 'name')).toBe(name.replace('-', '_'));
    const bytes = readFileSync(file);
    expect(bytes.includes('/build/'), `${name}.ko holds the path of the folder it was built in`).toBe(false);
    expect(bytes.includes('/sources/')).toBe(false);
    expect(bytes.includes('/lib/modules/'), `${name}.ko holds the path of kernel B's headers`).toBe(false);
  }
  expect(modinfo(join(modules, 'kvm-intel.ko'), 'depends').split(',')).toContain('kvm');
}

/** A tree of kvm-kmod's shape. */
export const standIn = join(packageRoot, 'test/fixtures/kvm-kmod');

/**
 * Builds KVM of one Linux by kvm-kmod's stand-in for the headers of a Debian release of the same series.
 * @param linux the Debian source's version
 */
export async function buildsWithKvmKmod({
  release,
  linux,
  vermagic,
}: Readonly<Record<'release' | 'linux' | 'vermagic', string>>): Promise<void> {
  const folder = await build('kvm-kmod', [
    ...['--source', `kvm-kmod.tree=${standIn}`],
    ...set({ release, linux, build: 'always', tag: 'stand-in', patches: '[mwait, ioapic-polarity]' }),
  ]);
  checkModules(folder, vermagic);
  // `sync` was given a version, rewrote the sources, and the tree's own objects are linked beside the kernel's.
  expect(modinfo(join(folder, 'modules/kvm.ko'), 'version')).toBe('stand-in');
  expect(readFileSync(join(folder, 'modules/kvm.ko')).includes('standin_linked')).toBe(true);
  expect(readFileSync(join(folder, 'modules/kvm-intel.ko')).includes('standin_beside')).toBe(true);
  const report = readFileSync(join(folder, 'report.txt'), 'utf8');
  expect(report).toMatch(/adapted: empty in its tree .*kvm_emulate\.h/);
  for (const patch of ['mwait', 'ioapic-polarity'])
    expect(report).toContain(`${patch}: skipped, Linux ${linux} has it`);
}

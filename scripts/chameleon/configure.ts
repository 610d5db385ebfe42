import { readFileSync, writeFileSync } from 'node:fs';
import { Failure } from '#base';
import type { Step } from 'cidermill/step';
import { completeCconfig } from './cconfig-sources.ts';
import { dryRun } from './dry-run.ts';
import { isTree, notATree } from './find-trees.ts';
import { withModules } from './modules.ts';

/**
 * Makes the tree's configuration with the tree's own program, which asks nothing when it rebuilds: autoconf.h for the
 * compiler, auto.conf for make.
 * @param tree in the work folder
 * @param lines of `.config`: `CONFIG_MODULES=n`; all other options have the tree's defaults
 */
export async function configure(here: Step, tree: string, lines: readonly string[]): Promise<void> {
  const { $ } = here;
  const folder = cconfigFolder(tree);
  writeFileSync(`${tree}/.config`, `${lines.join('\n')}\n`);
  await touchGenerated(here, tree);
  const { compilations, libraries = [] } = await dryRun(here, folder);
  // Each source is there twice, for two processors of a Mac.
  const sources = new Map(compilations.map((one) => [one.source, one]));
  if (sources.size === 0) throw new Failure('no-cconfig', `${folder} does not compile a cconfig`);
  for (const { source, preprocessor } of sources.values()) {
    await $`cd ${folder} && gcc -O1 -w -fcommon ${preprocessor} -c -o ${source}.o ${source}`;
  }
  const objects = [...sources.keys()].map((source) => `${source}.o`);
  await $`cd ${folder} && gcc -o cconfig ${objects} ${libraries.map((name) => `-l${name}`)}`;
  const withoutModules = lines.includes('CONFIG_MODULES=n');
  for (const { path, found } of completeCconfig(tree, withoutModules ? 'empty' : 'leave')) {
    if (found !== undefined) here.note(`${path} is taken from ${found}`);
    else if (withoutModules) here.note(`${path} is not in the tree; without modules it is not needed`);
  }
  await runCconfig(here, tree);
  mustHold(`${tree}/.config`, lines);
  mustHaveNoModules(`${tree}/.config`);
  await touchGenerated(here, tree);
}

function cconfigFolder(tree: string): string {
  if (isTree(tree)) return `${tree}/i386/config`;
  throw notATree(tree, 'no-cconfig');
}

/** @throws Failure 'bad-config' with the program's own words */
async function runCconfig({ $ }: Step, tree: string): Promise<void> {
  const run = await $`cd ${tree} && TERM=dumb KCONFIG_NOTIMESTAMP=1 i386/config/cconfig Cconfig rebuild`
    .nothrow()
    .quiet();
  if (run.exitCode === 0) return;
  const said = `${run.stdout}\n${run.stderr}`.split('\n').filter((line) => line.trim() !== '');
  const words = said.slice(-10).map((line) => `\n${line.trimEnd()}`);
  throw new Failure(
    'bad-config',
    `the tree's cconfig ended with exit code ${run.exitCode ?? 'unknown'}${words.join('')}`,
  );
}

/** Makefiles include one of them, and make would make it again, by cconfig, if it were older than the configuration. */
async function touchGenerated({ $ }: Step, tree: string): Promise<void> {
  await $`cd ${tree} && touch auto.conf autoconf.h autoconf.inc`.quiet();
}

/** cconfig drops what it does not know, or what depends on something that is off, and says nothing. */
function mustHold(file: string, lines: readonly string[]): void {
  const written = new Set(readFileSync(file, 'utf8').split('\n'));
  for (const line of lines) {
    const [option = '', value = ''] = line.split('=');
    if (written.has(line) || (value === 'n' && ![...written].some((one) => one.startsWith(`${option}=`))))
      continue;
    throw new Failure('bad-config', `the tree's configuration does not take the line ${line}`);
  }
}

/** What the tree's own default has unless a line says otherwise. */
function mustHaveNoModules(file: string): void {
  if (/^CONFIG_MODULES=y$/m.test(readFileSync(file, 'utf8'))) throw withModules();
}

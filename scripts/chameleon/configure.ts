import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Failure } from '#base';
import type { Step } from '#step';
import { dryRun } from './dry-run.ts';

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
  const { compilations, libraries } = await dryRun(here, folder);
  // Each source is there twice, for two processors of a Mac.
  const sources = new Map(compilations.map((one) => [one.source, one]));
  if (sources.size === 0) throw new Failure('no-cconfig', `${folder} does not compile a cconfig`);
  for (const { source, preprocessor } of sources.values()) {
    await $`cd ${folder} && gcc -O1 -w -fcommon ${preprocessor} -c -o ${source}.o ${source}`;
  }
  const objects = [...sources.keys()].map((source) => `${source}.o`);
  await $`cd ${folder} && gcc -o cconfig ${objects} ${libraries.map((name) => `-l${name}`)}`;
  await $`cd ${tree} && TERM=dumb KCONFIG_NOTIMESTAMP=1 i386/config/cconfig Cconfig rebuild`;
  mustHold(`${tree}/.config`, lines);
  mustHaveNoModules(`${tree}/.config`);
  await touchGenerated(here, tree);
}

function cconfigFolder(tree: string): string {
  const folder = `${tree}/i386/config`;
  if (existsSync(`${folder}/Makefile`)) return folder;
  throw new Failure('no-cconfig', 'the tree has no i386/config, which makes its configuration', {
    hint: existsSync(`${tree}/trunk/i386`)
      ? 'Give its folder `trunk`, which is the tree.'
      : 'Check that this is the tree of Chameleon as upstream publishes it. Early revisions lack it, and need a Mac.',
  });
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

/** With modules the loader carries a table of its own symbols, which nothing here makes. */
function mustHaveNoModules(file: string): void {
  if (!/^CONFIG_MODULES=y$/m.test(readFileSync(file, 'utf8'))) return;
  throw new Failure('bad-config', 'the tree is configured with modules, which are not made here', {
    hint: 'Let `config` say CONFIG_MODULES=n.',
  });
}

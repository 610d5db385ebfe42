import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '#base';
import { check } from 'cidermill/step';
import { cconfigSources, oddSources } from './chameleon/cconfig-sources.ts';
import { isTree, notATree } from './chameleon/find-trees.ts';
import { readRules } from './chameleon/makefile-rules.ts';
import { modulesFault } from './chameleon/modules.ts';
import { ownToolChain } from './chameleon/own-tool-chain.ts';

/** Looks at a given tree, or a given loader, before the long build: what is refused, what will be made, what is not there. */
const { source, text, number, list, fault, note } = await check();
const tree = source('tree');
const about = 'tree';
if (tree !== undefined && existsSync(tree)) {
  if (text('via') === 'prebuilt') checkPrebuilt(tree);
  else if (!isTree(tree)) {
    const { message, hint = '' } = notATree(tree, 'no-cconfig');
    fault(`${tree}: ${message}`, { about, hint });
  } else checkTree(tree);
}

function checkPrebuilt(folder: string): void {
  const file = join(folder, 'boot');
  if (!existsSync(file)) fault(`${folder} has no file \`boot\`, the prebuilt loader`, { about });
  else if (text('sha256') === '')
    fault('a prebuilt loader needs its digest', { about: 'sha256', hint: digestHint(file) });
  else if (sha256(readFileSync(file)) !== text('sha256'))
    fault(`the loader has the sha256 ${sha256(readFileSync(file))}, expected ${text('sha256')}`, {
      about: 'sha256',
    });
}

function digestHint(file: string): string {
  return `If this is the loader that you mean: --set sha256=${sha256(readFileSync(file))}`;
}

function checkTree(root: string): void {
  const missing = ['Cconfig', 'i386/boot2/Makefile', 'i386/libsaio/Makefile'].filter(
    (path) => !existsSync(join(root, path)),
  );
  if (missing.length > 0) {
    fault(`the tree has no ${missing.join(', no ')}`, {
      about,
      hint: 'Check that this is the whole tree of Chameleon as upstream publishes it.',
    });
    return;
  }
  const modules = modulesFault(root, list('config'));
  if (modules !== undefined) fault(modules.message, { about: 'config', hint: modules.hint ?? '' });
  const rules = readRules(root, 'i386/boot2');
  if (rules.compilations.length === 0 && rules.otherCompilers.length > 0) {
    const { message, hint = '' } = ownToolChain(rules.otherCompilers);
    fault(message, { about, hint });
    return;
  }
  const libraries = (rules.libraries ?? []).filter((name) => folderOf(root, name) !== undefined);
  note(
    libraries.length === 0
      ? 'boot2 is compiled and linked by its makefiles; make chooses the libraries'
      : `boot2 is compiled by the rules of its makefiles and linked with ${libraries.join(', ')}`,
  );
  const config = list('config').join(', ');
  note(
    `generated: autoconf.h (${config === '' ? "the tree's defaults" : config}), ` +
      `vers.h (revision ${number('revision')}, ${text('date')}), embedded.h, an empty boot_modules.h`,
  );
  noteSources(root);
}

function noteSources(root: string): void {
  const odd = oddSources(root);
  const absent = odd.filter(({ found }) => found === undefined).map(({ path }) => path);
  for (const { path, found } of odd) if (found !== undefined) note(`${path} will be taken from ${found}`);
  if (absent.length === 0) return;
  const paths = `of ${cconfigSources(root).length} files of the configuration these are not in the tree: ${absent.join(', ')}`;
  if (list('config').includes('CONFIG_MODULES=n'))
    note(`${paths}; without modules they are not needed`, { about });
  else
    fault(paths, {
      about,
      hint: "Let `config` say CONFIG_MODULES=n, or give a tree that has them, a checkout's submodules with it.",
    });
}

function folderOf(root: string, library: string): string | undefined {
  return [`i386/lib${library}`, `i386/${library}`].find((path) => existsSync(join(root, path)));
}

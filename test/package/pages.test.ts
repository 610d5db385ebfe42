import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { helpOf } from './help.ts';
import { anchorsOf, commandsOf, linksOf, words } from './markdown.ts';
import { packedFiles } from './packed.ts';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(packageRoot, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const read = (page: string): string => readFileSync(join(packageRoot, page), 'utf8');

const packed = packedFiles();
const isPacked = (path: string): boolean =>
  packed.has(path) || [...packed].some((one) => one.startsWith(`${path.replace(/\/$/, '')}/`));

it('finds links, headings and commands in a page', () => {
  const page = [
    '# A heading, with `code`',
    'See [this](a.md#b) and ![that](c.png), not `[one](d.md)`; `cidermill run x` does it.',
    '',
    '    npx cidermill plan x   # a comment --with=options',
    '',
    '```text',
    '$ cidermill hfs list "a b" --json && cidermill why \\',
    '  x y',
    '[none](e.md)',
    '```',
  ].join('\n');
  expect(linksOf(page).map(({ target }) => target)).toEqual(['a.md#b', 'c.png']);
  expect([...anchorsOf(page)]).toEqual(['a-heading-with-code']);
  expect(commandsOf(page).map(({ text }) => words(text).join(' '))).toEqual([
    'cidermill run x',
    'cidermill plan x',
    'cidermill hfs list "a b" --json',
    'cidermill why x y',
  ]);
});

describe.each(pages)('%s', (page) => {
  it('links to what is there, and where a user reads it, to what is in the package', () => {
    const dead = linksOf(read(page)).flatMap(({ target, line }) => {
      if (/^https?:/.test(target)) return [];
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path));
      const place = `${page}:${line} ${target}`;
      if (!existsSync(join(packageRoot, file))) return [`${place}: no such file`];
      if (page !== 'CONTRIBUTING.md' && !isPacked(file)) return [`${place}: not in the package`];
      const lost = anchor !== undefined && file.endsWith('.md') && !anchorsOf(read(file)).has(anchor);
      return lost ? [`${place}: no such heading`] : [];
    });
    expect(dead).toEqual([]);
  });

  it('shows commands that there are, with options that they take', async () => {
    const wrong = await Promise.all(
      commandsOf(read(page)).map(async ({ text, line }) => {
        const fault = await commandFault(words(text));
        return fault === undefined ? [] : [`${page}:${line} ${text}: ${fault}`];
      }),
    );
    expect(wrong.flat()).toEqual([]);
  });
});

it("README's table of commands has every command, and none that is not", async () => {
  const table = /^## Commands\n([^]*?)\n## /m.exec(read('README.md'))?.[1] ?? '';
  const spans = table
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((line) => [...(/^\| (.*?) +\| /.exec(line)?.[1] ?? '').matchAll(/`([^`]+)`/g)])
    .map(([, span = '']) => span.replaceAll('\\|', '|').split(' '));
  const faults = await Promise.all(
    spans.flatMap(([name = '', second = '']) =>
      (second.includes('|') ? second.split('|') : ['']).map((below) =>
        commandFault(['cidermill', name, ...(/^[a-z-]+$/.test(below) ? [below] : [])]),
      ),
    ),
  );
  expect(spans.length).toBeGreaterThan(15);
  expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  const { commands } = await helpOf([]);
  const told = new Set(spans.map(([name]) => name));
  expect([...commands].filter((name) => name !== 'help' && !told.has(name))).toEqual([]);
});

/** What is wrong with a command line; undefined where nothing is. */
async function commandFault([program, ...args]: readonly string[]): Promise<string | undefined> {
  if (program === 'npm') return npmFault(args);
  const path: string[] = [];
  let help = await helpOf(path);
  const options = new Set([...help.options, '--help']);
  let expectsCommand = true;
  for (const [index, word] of args.entries()) {
    // What comes after is another program's.
    if (word === '--') break;
    if (/^(-C|--directory)$/.test(args[index - 1] ?? '')) continue;
    if (word.startsWith('[-') || word.startsWith('-')) {
      const flag = /--?[a-zA-Z][a-z-]*/.exec(word)?.[0] ?? word;
      if (word !== '-' && !options.has(flag)) return `${path.join(' ')} has no option ${flag}`;
    } else if (expectsCommand && help.commands.size > 0) {
      if (/^[A-Z…]/.test(word)) return undefined; // "cidermill COMMAND" stands for any.
      if (!help.commands.has(word)) return `there is no command ${[...path, word].join(' ')}`;
      path.push(word);
      help = await helpOf(path);
      for (const option of help.options) options.add(option);
    } else expectsCommand = false;
  }
  return undefined;
}

function npmFault([command = '', name = '']: readonly string[]): string | undefined {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const script = command === 'run' ? name : command;
  const isNpms = ['ci', 'install', 'link', 'pack', 'pkg'].includes(command);
  return isNpms || Object.hasOwn(scripts, script) ? undefined : `package.json has no script ${script}`;
}

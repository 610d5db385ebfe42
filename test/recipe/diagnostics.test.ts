import { describe, expect, it } from 'vitest';
import { faultsOf, openOrchard, orchard, type Files } from './orchard.ts';

type OrchardFile = keyof typeof orchard;

/** A file of the orchard with some of its text replaced. */
function changed(file: OrchardFile, ...changes: readonly (readonly [from: string, to: string])[]): Files {
  let text: string = orchard[file];
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    text = text.replace(from, () => to);
  }
  return { [file]: text };
}

const press = (...changes: [string, string][]): Files => changed('recipes/press.yaml', ...changes);
const cider = (...changes: [string, string][]): Files => changed('pipelines/cider.yaml', ...changes);
const cellar = (...changes: [string, string][]): Files =>
  changed('recipes/buildroots/cellar.yaml', ...changes);

/** Fault → what is wrong. Each has its text in test/golden/diagnostics/. */
const cases: Readonly<
  Record<string, { files?: Files; name?: string; set?: Record<string, string | string[]> }>
> = {
  'yaml-syntax': { files: cider(['{ recipe: windfall }', '{ recipe: windfall ']) },
  'yaml-tab': { files: press(['  force:', '\tforce:']) },
  'yaml-directive': { files: press(['recipe: press', '%YAML 1.1\n---\nrecipe: press']) },
  'empty-file': { files: { 'recipes/press.yaml': '# nothing yet\n' } },
  'zero-bytes': { files: { 'recipes/press.yaml': '' } },
  'not-a-mapping': { files: { 'recipes/press.yaml': '- press\n' } },
  'duplicate-key': { files: press(['summary: Apples', 'recipe: press\nsummary: Apples']) },
  alias: { files: press(['[--fine, --slow]', '&a [--fine]'], ['default: 3', 'default: *a']) },
  'alias-bomb': {
    files: {
      'pipelines/cider.yaml': `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from(
        { length: 9 },
        (_, i) =>
          `${'bcdefghij'[i] ?? ''}: &${'bcdefghij'[i] ?? ''} [${Array(9)
            .fill(`*${'abcdefghi'[i] ?? ''}`)
            .join(',')}]\n`,
      ).join('')}`,
    },
  },
  tag: { files: press(['default: 3', 'default: !!int "3"'], ['recipe: press', 'recipe: !js press']) },
  'merge-key': { files: press(['environment:', '<<: { script: scripts/x.ts }\nenvironment:']) },
  'multiple-documents': { files: press(['outputs:', '---\noutputs:']) },
  'not-utf8': { files: { 'recipes/press.yaml': Buffer.from('recipe: press\nsummary: caf\xe9\n', 'latin1') } },
  'too-large': { files: { 'recipes/press.yaml': '#'.repeat((1 << 20) + 1) } },
  'too-many-tokens': { files: { 'recipes/press.yaml': `a: [${'1,'.repeat(200_000)}]` } },
  'too-deep': { files: { 'recipes/press.yaml': `a: ${'['.repeat(10_000)}` } },
  'too-many-faults': {
    files: press(['inputs:', `${Array.from({ length: 80 }, (_, i) => `wrong-${i}: 1\n`).join('')}inputs:`]),
  },
  'unknown-key': {
    files: press(
      ['summary:', 'sumary:'],
      ['suite: trixie', 'suit: trixie'],
      ['inputs:', 'colour: red\ninputs:'],
    ),
  },
  'missing-key': { files: press(['script: scripts/press.ts\n', ''], ['summary: Apples to juice\n', '']) },
  'wrong-type': {
    files: press(
      ['default: 3', 'default: three'],
      ['default: plain', 'default: 1.10'],
      ['default: false', 'default: "no"'],
      ['[--fine, --slow]', '--fine'],
      ['apples: a file of apples', 'apples: [a, file]'],
      ['summary: Apples to juice', 'summary:'],
      ['{ buildroot: cellar }', 'cellar'],
    ),
  },
  'bad-value': {
    files: press(
      ['30G', '30 gigs'],
      ['default: sweet', 'default: swet'],
      ['type: boolean', 'type: bool'],
      ['scripts/press.ts', 'scripts/press.sh'],
    ),
  },
  bounds: {
    files: press(
      ['default: 3 }', 'default: 3, minimum: 4, maximum: 9 }'],
      ['30G, summary', '30G, minimum: 1M, maximum: 20G, summary'],
      ['default: plain }', "default: plain, pattern: 'fine|very fine' }"],
      ['[--fine, --slow] }', "[--fine, slow], pattern: '--[a-z]+' }"],
    ),
  },
  'bounds-that-cannot-be': {
    files: press(
      ['default: 3 }', 'default: 3, minimum: 9, maximum: 4 }'],
      ['30G, summary', '30G, minimum: much, pattern: x, summary'],
      ['default: plain }', 'default: plain, minimum: 1, pattern: "(" }'],
      ['default: false }', 'default: false, maximum: 2 }'],
    ),
  },
  'bounds-of-what-is-set': {
    files: {
      ...press(['30G, summary', '30G, minimum: 1M, summary']),
      ...cider(['default: 20G }', 'default: 20G, maximum: 1T }']),
    },
    name: 'cider',
    set: { cask: '0' },
  },
  'bad-name': { files: cider(['  ferment: {', '  Ferment: {'], ['  windfall: {', '  1: {']) },
  'name-mismatch': { files: press(['recipe: press', 'recipe: pres']) },
  'choice-without-values': {
    files: press(['values: [sweet, sour], ', ''], ['type: integer', 'type: integer, values: [a]']),
  },
  'file-in-a-recipe': { files: press(['type: string', 'type: file']) },
  'name-conflict': { files: press(['apples: a file', 'force: a file']) },
  'output-path': { files: press(['juice.bin', '/juice.bin'], ['rest/pomace/', 'rest/../pomace/']) },
  'output-that-varies': {
    files: press(['juice.bin', '{ path: juice.bin, vary: much }'], ['rest/pomace/', '{ varies: 3 }']),
  },
  'output-conflict': { files: press(['juice.bin', 'rest'], ['rest/pomace/', 'rest/pomace/\n  also: rest/']) },
  'product-conflict': {
    files: cider(['{ cider: "${ferment}" }', '{ young: "${taste}", cider: "${ferment}" }']),
  },
  'product-and-paper-conflict': {
    files: {
      ...press(['juice.bin', 'sbom.cdx.json']),
      ...cider(['{ cider: "${ferment}" }', '{ juice: "${press.juice}" }\n    with: [sbom]']),
    },
  },
  'missing-script': { files: { 'scripts/press.ts': null } },
  'missing-local-source': {
    files: press(
      ['suite: trixie', 'suite: trixie'],
      ['https://example.org/mill-1.2.tar.gz }', '{ local: mill } }'],
    ),
  },
  origins: {
    files: press([
      '  mill: { debian: cider-mill@1.2-3, suite: trixie, or: https://example.org/mill-1.2.tar.gz }',
      `  mill: { debain: cider-mill@1.2 }
  both: { url: https://example.org/a.tar, git: https://example.org/a.git, revision: v1 }
  no-version: { debian: cider-mill, or: [ftp://example.org/a, { svn: https://example.org/svn, revision: HEAD }] }
  secret: { url: https://user:word@example.org/a.tar }
  option: { git: --upload-pack=touch, revision: --all }
  outside: { local: ../secrets }
  plain: https://example.org/a.tar`,
    ]),
  },
  environment: { files: press(['{ buildroot: cellar }', '{ host: [gcc, "rm -rf"], packages: [make] }']) },
  'versions-of-a-buildroot': {
    files: press(['{ buildroot: cellar }', '{ buildroot: cellar, versions: any }']),
  },
  'unknown-recipe': { files: cider(['recipe: press', 'recipe: pres']) },
  'unknown-parameter': { files: cider(['cask: "${cask}"', 'csak: "${cask}", colour: red']) },
  'unknown-step': {
    files: cider(
      ['juice: "${press.juice}", days: "', 'juice: "${pres.juice}", days: "'],
      ['gate: ferment', 'gate: fermant'],
    ),
  },
  'unknown-reference': { files: cider(['"cask of ${cask}"', '"cask of ${csk} and ${days}"']) },
  'unknown-output': {
    files: cider(
      ['juice: "${press.juice}", days: "', 'juice: "${press.juce}", days: "'],
      ['"${press.juice}", days: 1', '"${press}", days: 1'],
    ),
  },
  'unknown-buildroot': { files: press(['buildroot: cellar', 'buildroot: celar']) },
  'unknown-pipeline': { name: 'cidre' },
  'bad-reference': {
    files: cider(
      ['"cask of ${cask}"', '"a ${cask"'],
      ['apples: "${apples}"', 'apples: apples.bin'],
      ['days: "${days}"', 'days: "${days.max.min}"'],
      ['{ cider: "${ferment}" }', '{ cider: "the ${ferment}" }'],
    ),
  },
  'reference-of-another-type': {
    files: cider(
      ['cask: "${cask}"', 'cask: "${apples}", force: "${press.juice}", hot: "${days}", flags: "${cask}"'],
      ['"cask of ${cask}"', '"cask of ${apples}"'],
      ['juice: "${press.juice}", days: 1', 'juice: "${cask}", days: 1'],
    ),
  },
  'missing-parameter': {
    files: cider([', days: 1 }', ' }'], ['type: integer, default: 14', 'type: integer']),
  },
  'missing-input': { files: cider(['apples: "${apples}", ', '']) },
  'missing-file': { files: cider(['"${windfall}"', 'bushel.bin']) },
  cycle: {
    files: cider(['{ recipe: windfall }', '{ recipe: ferment, with: { juice: "${ferment}", days: 2 } }']),
  },
  'cycle-of-itself': { files: cider(['juice: "${press.juice}", days: 1', 'juice: "${taste}", days: 1']) },
  'cycle-of-defaults': {
    files: cider(['default: 20G', 'default: "${days}"'], ['default: 14', 'default: "${cask}"']),
  },
  'buildroot-in-a-buildroot': {
    files: changed('recipes/buildroot.yaml', ['{ host: [tar] }', '{ buildroot: cellar }']),
  },
  'buildroot-recipe': { files: changed('recipes/buildroot.yaml', ['  packages: { type: list }\n', '']) },
  'buildroot-name-conflict': { files: cider(['  taste:', '  cellar:']) },
  'buildroot-file': {
    files: cellar(['suite: bookworm', 'suite: Bookworm'], ['  - gcc', '  - g++\n  - "-o=x"\n  - 7']),
  },
  'command-line': { set: { cask: '20Q', colour: 'red', apples: 'no/such.bin', days: ['1', '2'] } },
  'command-line-parameter-of-a-step': { set: { force: '3' } },
  'command-line-recipe': {
    name: 'press',
    set: { force: '3.5', kind: 'bitter', hot: 'yes', flags: '[a, 1]', aples: 'x' },
  },
  'several-files': {
    files: {
      ...press(['force:', 'force: 3 #']),
      ...cellar(['suite:', 'suit:']),
      ...cider(['recipe: windfall', 'recipe: windfal']),
    },
  },
};

describe('a fault is shown with its line, a caret under it and a hint', () => {
  it.each(Object.entries(cases))('%s', async (name, { files, name: target, set }) => {
    const text = faultsOf(openOrchard(files), target, set);
    expect(text).not.toBe('');
    await expect(text).toMatchFileSnapshot(`../golden/diagnostics/${name}.txt`);
  });

  it('and a project without fault shows none', () => {
    expect(faultsOf(openOrchard())).toBe('');
  });
});

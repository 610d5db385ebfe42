import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidError, renderDiagnostic } from '../../src/base/index.ts';
import { packageRoot } from '../../src/host/index.ts';
import { findGuest, findProject, loadGuests } from '../../src/recipe/index.ts';
import { testProject } from '../rig/project.ts';

const lion = readFileSync(join(packageRoot, 'recipes/guests/lion.yaml'), 'utf8');

/** What is said of a project whose lion.yaml is this. */
function faultsOf(text: string, file = 'recipes/guests/lion.yaml'): string {
  const { root } = testProject({ [file]: text });
  try {
    loadGuests(findProject(root, packageRoot));
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    return error.diagnostics
      .map((each) => renderDiagnostic(each, (path) => error.texts.get(path)))
      .join('\n');
  }
  return '';
}

function changed(...changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`lion.yaml has no ${from}`);
    return text.replace(from, () => to);
  }, lion);
}

const cases: Readonly<Record<string, string>> = {
  'a version that is a number': changed(["version: '10.7'", 'version: 10.7']),
  'an update of another release': changed(["last-update: '10.7.5'", "last-update: '10.8.5'"]),
  'another name than the file': changed(['guest: lion', 'guest: tiger']),
  'a condition that is misspelled': changed(['machine: piix', 'machien: piix']),
  'a machine that there is not': changed(['machine: piix', 'machine: pixi']),
  'bounds that are none': changed(["'> 1'", "'more than 1'"]),
  'a fact of which nothing follows': changed([
    '    refuse: use --machine q35, --smp 1 or media of 10.7.5\n',
    '',
  ]),
  'a fact without its source': changed(['    source:', '    sauce:']),
  'a page that is nowhere': changed([
    'page: http://www.contrib.andrew.cmu.edu/~somlo/OSXKVM/index_old.html',
    'page: somebody told me',
  ]),
  'a condition on the release in its own file': changed(["{ update: '< 10.7.5'", "{ release: '= 10.7'"]),
  'a part of the machine that there is not': changed([
    '    refuse: use --machine q35, --smp 1 or media of 10.7.5\n',
    '    set: { monitor: big }\n',
  ]),
};

describe("a guest's file", () => {
  it('is refused with its place and a hint for everything that can be wrong in it', async () => {
    const text = Object.entries(cases).map(([title, yaml]) => `${title}:\n${faultsOf(yaml)}\n`);
    await expect(text.join('\n')).toMatchFileSnapshot('../golden/guests/faults.txt');
    expect(text.filter((each) => each.endsWith(':\n\n'))).toEqual([]);
  });

  it("may be a project's own", () => {
    const tiger = changed(['guest: lion', 'guest: tiger'], ["'10.7'", "'10.4'"], ["'10.7.5'", "'10.4.11'"]);
    const { root } = testProject({ 'recipes/guests/tiger.yaml': tiger });
    const guests = loadGuests(findProject(root, packageRoot));
    expect(guests[0]).toMatchObject({ guest: 'tiger', version: '10.4' });
    expect(guests[0]?.facts.map(({ id }) => id)).toContain('mwait');
    expect(guests[0]?.facts.map(({ id }) => id)).not.toContain('base-board');
  });
});

describe('a guest is found', () => {
  const project = findProject(packageRoot, packageRoot);

  it.each([
    ['lion', 'lion', '10.7.5', true],
    ['10.7', 'lion', '10.7.5', true],
    ['10.7.4', 'lion', '10.7.4', false],
    ['lion@10.7.2', 'lion', '10.7.2', false],
    ['10.10', 'yosemite', '10.10.5', true],
    ['10.10.1', 'yosemite', '10.10.1', false],
  ])('by %s', (text, name, update, assumed) => {
    const found = findGuest(project, text);
    expect([found.guest.guest, found.update, found.assumed]).toEqual([name, update, assumed]);
  });

  it.each([['lyon'], ['10.1'], ['10.70'], ['lion@10.8.1'], ['every'], [''], ['10.7.'], ['../lion']])(
    'not by %s',
    (text) => {
      expect(() => findGuest(project, text)).toThrow(InvalidError);
    },
  );
});

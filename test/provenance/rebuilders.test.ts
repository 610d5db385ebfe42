import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { provenSteps, type RebuiltStep } from '../../src/provenance/rebuild.ts';
import { opinionOf } from '../../src/provenance/rebuilders.ts';
import { sha256 } from '../../src/base/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { stepModule, testProject, type TestProject } from '../rig/project.ts';
import { statementFaults } from './schemas.ts';

/** @param word what the first step writes */
function project(word: string): TestProject {
  return testProject({
    'recipes/word.yaml': `recipe: word
summary: A word
environment: none
script: scripts/word.ts
outputs: { word: word.txt }
`,
    'scripts/word.ts': `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output } = await step();
writeFileSync('word.txt', '${word}');
await output('word', 'word.txt');
`,
    'recipes/twice.yaml': `recipe: twice
summary: A word, twice
inputs: { word: what }
environment: none
script: scripts/twice.ts
outputs: { tree: tree/ }
`,
    'scripts/twice.ts': `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { input, output } = await step();
mkdirSync('tree');
writeFileSync('tree/twice.txt', readFileSync(input('word'), 'utf8').repeat(2));
await output('tree', 'tree');
`,
    'pipelines/words.yaml': `pipeline: words
summary: Words
steps:
  word: { recipe: word }
  twice: { recipe: twice, with: { word: "\${word}" } }
products:
  words: { from: { word: "\${word}", tree: "\${twice}" }, with: [provenance, checksums] }
`,
  });
}

/** Rebuilds in a project of its own and signs with a key of its own. @returns the statement's file, with .sig beside */
async function rebuild(folder: string, name: string, word: string): Promise<TestProject> {
  const made = project(word);
  const key = join(folder, `${name}.key`);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key]);
  const run = await made.run(['run', 'words']);
  expect(run.code).toBe(0);
  const args = ['verify', 'words', '--vary', 'none', '--attest', key, '-o', join(folder, `${name}.json`)];
  const verified = await made.run(args);
  expect([verified.stderr, verified.code]).toEqual(['', 0]);
  return made;
}

describe('rebuilders', () => {
  test('who agree are counted, one with other bytes is told, and one key counts once', async () => {
    const folder = freshFolder();
    const [first] = await Promise.all([
      rebuild(folder, 'ada', 'hello'),
      rebuild(folder, 'ben', 'hello'),
      rebuild(folder, 'eve', 'hellO'),
    ]);
    cpSync(join(first.root, 'artifacts/words/'), join(folder, 'words'), {
      recursive: true,
      dereference: true,
    });
    const line = (name: string, key = name): string =>
      `${name} ${readFileSync(join(folder, `${key}.key.pub`), 'utf8')}`;
    writeFileSync(join(folder, 'allowed'), line('ada') + line('ben') + line('eve'));
    const statement = JSON.parse(readFileSync(join(folder, 'ada.json'), 'utf8')) as {
      subject: { name: string }[];
    };
    expect(statementFaults(statement)).toEqual([]);
    expect(statement.subject.map(({ name }) => name)).toEqual(['twice/tree/twice.txt', 'word/word.txt']);

    const all = ['ada.json', 'ben.json', 'eve.json'].map((name) => join(folder, name));
    const ask = (
      threshold: string,
      statements: readonly string[],
      ...more: string[]
    ): ReturnType<TestProject['run']> =>
      first.run([
        ...['verify-signature', '--rebuilders', threshold, join(folder, 'words'), ...statements],
        ...['--allowed-signers', join(folder, 'allowed'), ...more],
      ]);
    const summary = join(folder, 'summary.json');
    const two = await ask('2-of-3', all, '--summary', summary, '--sign', join(folder, 'ada.key'));
    expect([two.stderr, two.code]).toEqual(['', 0]);
    expect(two.stdout).toContain('ada  agrees\nben  agrees\neve  differs: got ');
    expect(two.stdout).toContain(`with sha256 ${sha256('hellO')}, not ${sha256('hello')}`);
    expect(two.stdout).toContain('2 of 3 rebuilders got these bytes');
    const passed = JSON.parse(readFileSync(summary, 'utf8')) as unknown;
    expect(statementFaults(passed)).toEqual([]);
    expect(passed).toMatchObject({
      predicate: {
        verificationResult: 'PASSED',
        slsaVersion: '1.2',
        policy: { uri: 'urn:cidermill:policy:rebuilders' },
      },
    });

    const three = await ask('3-of-3', all, '--summary', summary);
    expect(three.stderr).toContain('2 of 3 rebuilders got these bytes');
    expect(three.code).toBe(1);
    const failed = JSON.parse(readFileSync(summary, 'utf8')) as unknown;
    expect(statementFaults(failed)).toEqual([]);
    expect(failed).toMatchObject({ predicate: { verificationResult: 'FAILED', verifiedLevels: ['FAILED'] } });

    // One statement twice, a forged one, one of the three left out, and one key under two names.
    const again = await ask('2-of-3', [all[0] ?? '', all[0] ?? '']);
    expect([again.code, again.stdout]).toEqual([
      1,
      expect.stringContaining('ben  silent: gave no statement'),
    ]);
    const forged = join(folder, 'forged.json');
    writeFileSync(
      forged,
      readFileSync(join(folder, 'eve.json'), 'utf8').replaceAll(sha256('hellO'), sha256('hello')),
    );
    cpSync(join(folder, 'eve.json.sig'), `${forged}.sig`);
    const lied = await ask('2-of-3', [all[0] ?? '', forged]);
    expect([lied.code, lied.stdout]).toEqual([1, expect.stringContaining('forged.json  does not count')]);
    const fewer = await ask('2-of-3', all, '--identity', 'ada', '--identity', 'ben');
    expect([fewer.code, fewer.stderr]).toEqual([2, expect.stringContaining('there are 2: ada, ben')]);
    writeFileSync(join(folder, 'allowed'), line('ada') + line('ada-too', 'ada') + line('eve'));
    const shared = await ask('2-of-3', all.slice(0, 2).concat(all[0] ?? ''));
    expect(shared.code).toBe(1);
  }, 240_000);

  test('sign with a key that is there, and name it beside the file', async () => {
    const made = project('hello');
    const unkeyed = await made.run(['verify', 'words', '-o', 'out.json']);
    expect([unkeyed.code, unkeyed.stderr]).toEqual([2, expect.stringContaining('--attest KEY')]);
    const missing = await made.run(['verify', 'words', '--attest', 'none']);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('there is no file none')]);
    // Before anything is rebuilt: what is written to here are hours of work.
    writeFileSync(join(made.root, 'key'), '');
    const nowhere = await made.run(['verify', 'words', '--attest', 'key', '-o', 'no/where.json', '--json']);
    expect([nowhere.code, nowhere.stdout.includes('step-started')]).toEqual([1, false]);
    expect(nowhere.stderr).toContain('no/where.json cannot be written');
    const told = await made.run(['provenance', 'words', '-o', 'no/where.json']);
    expect([told.code, told.stderr]).toEqual([1, expect.stringContaining('no/where.json cannot be written')]);
    const wrong = await made.run([
      'verify-signature',
      '--rebuilders',
      '4-of-3',
      '.',
      '--allowed-signers',
      'a',
    ]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('N-of-M such as 2-of-3')]);
  });
});

describe('what a rebuilder can say', () => {
  const file = (name: string, content: string) => ({ name, digest: { sha256: sha256(content) } });
  const step = (name: string, verdict: RebuiltStep['verdict'], ...after: string[]): RebuiltStep => ({
    ...{ step: name, key: sha256(name), after, verdict },
    files: [file(`${name}.txt`, name)],
  });

  test('is of a step only where all before it came out identical', () => {
    const proven = (...steps: RebuiltStep[]): string[] => provenSteps(steps).map((each) => each.step);
    expect(proven(step('a', 'identical'), step('b', 'identical', 'a'))).toEqual(['a', 'b']);
    expect(proven(step('a', 'different'), step('b', 'identical', 'a'), step('c', 'identical', 'b'))).toEqual([
      'a',
    ]);
    expect(proven(step('a', 'varies'), step('b', 'identical', 'a'))).toEqual(['a']);
    expect(proven(step('a', 'failed'), step('b', 'identical', 'a'))).toEqual([]);
    expect(proven(step('b', 'identical', 'a'))).toEqual([]);
  });

  test('is that it agrees only where it got every file', () => {
    const got = [file('s/a.txt', 'a'), file('s/b.txt', 'b')];
    expect(opinionOf('x', [file('a.txt', 'a'), file('b.txt', 'b')], got).verdict).toBe('agrees');
    expect(opinionOf('x', [file('a.txt', 'a'), file('b.txt', 'other')], got).verdict).toBe('differs');
    expect(opinionOf('x', [file('a.txt', 'a'), file('c.txt', 'c')], got).verdict).toBe('silent');
    expect(opinionOf('x', [], got).verdict).toBe('silent');
    expect(opinionOf('x', [file('a.txt', 'b'), file('b.txt', 'a')], got).verdict).toBe('differs');
    expect(opinionOf('x', [file('renamed.txt', 'a')], got).verdict).toBe('agrees');
    expect(opinionOf('x', [file('c.txt', 'c'), file('b.txt', 'other')], got).verdict).toBe('differs');
  });
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, test } from 'vitest';
import { readLicences } from '../../src/provenance/sbom/licences.ts';
import { stepModule, testProject, type TestProject } from '../rig/project.ts';

/** Words are counted, the count is framed; the product says all it can of itself. */
function project(): TestProject {
  return testProject({
    'words.txt': 'one two three\n',
    'mine.txt': 'a file of the user\n',
    'recipes/count.yaml': `recipe: count
summary: Counts words
parameters: { flag: { type: string, default: -w } }
sources: { words: { local: words.txt } }
environment: { host: [wc] }
script: scripts/count.ts
outputs: { count: count.txt }
`,
    'scripts/count.ts': `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { $, source, text, output } = await step();
const { stdout } = await $\`wc \${text('flag')} < \${source('words') + '/words.txt'}\`;
writeFileSync('count.txt', stdout.trim());
await output('count', 'count.txt');
`,
    'recipes/frame.yaml': `recipe: frame
summary: Puts a frame around a text
inputs: { text: what to frame, mine: a file }
environment: none
script: scripts/frame.ts
outputs: { framed: framed.txt, tree: tree/ }
`,
    'scripts/frame.ts': `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { input, output } = await step();
const text = '[' + readFileSync(input('text'), 'utf8') + ']';
mkdirSync('tree/below', { recursive: true });
writeFileSync('framed.txt', text);
writeFileSync('tree/below/framed-too.txt', text + readFileSync(input('mine'), 'utf8'));
await output('framed', 'framed.txt');
await output('tree', 'tree');
`,
    'pipelines/words.yaml': `pipeline: words
summary: Counts and frames
parameters: { mine: { type: file, default: mine.txt } }
steps:
  count: { recipe: count }
  frame: { recipe: frame, with: { text: "\${count.count}", mine: "\${mine}" } }
products:
  words:
    from: { framed: "\${frame.framed}", tree: "\${frame.tree}" }
    with: [checksums, provenance, sbom]
`,
  });
}

interface Statement {
  readonly _type: string;
  readonly predicateType: string;
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicate: {
    readonly buildDefinition: {
      readonly buildType: string;
      readonly externalParameters: Record<string, unknown>;
      readonly resolvedDependencies: readonly { readonly uri: string; readonly digest: object }[];
    };
    readonly runDetails: {
      readonly builder: { readonly id: string };
      readonly metadata?: { readonly startedOn: string; readonly finishedOn: string };
    };
  };
}

function hash(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

describe('the provenance of an artifact', () => {
  test('names its files, its script and parameters, and all that it was made from through every step', async () => {
    const { root, ...made } = project();
    const run = made.run.bind(made);
    expect((await run(['run', 'words'])).code).toBe(0);
    const framed = join(root, 'artifacts/words/framed.txt');
    const byStep = JSON.parse((await run(['provenance', 'words/frame'])).stdout) as Statement;
    const byFile = JSON.parse((await run(['provenance', framed])).stdout) as Statement;
    const byDigest = JSON.parse((await run(['provenance', hash(framed)])).stdout) as Statement;
    expect(byDigest).toEqual(byFile);
    const of = async (name: string): Promise<unknown> => JSON.parse((await run(['provenance', name])).stdout);
    const tree = join(root, 'artifacts/words/tree');
    for (const folder of [tree, join(tree, 'below')]) expect(await of(folder)).toEqual(byStep);
    expect(await of(join(root, 'artifacts/words'))).toEqual(await of('words'));
    // Named by its pipeline, it is told which files asked for it, too.
    const files = ['pipelines/words.yaml', 'recipes/count.yaml', 'recipes/frame.yaml'];
    const named = byStep.predicate.buildDefinition.resolvedDependencies;
    for (const file of files)
      expect(named).toContainEqual({ uri: `project:${file}`, digest: { sha256: hash(join(root, file)) } });
    expect(named.length).toBe(byFile.predicate.buildDefinition.resolvedDependencies.length + files.length);
    expect(byStep.subject).toEqual(byFile.subject);
    // https://slsa.dev/spec/v1.0/provenance and in-toto's Statement v1: the fields that must be there.
    expect(byStep._type).toBe('https://in-toto.io/Statement/v1');
    expect(byStep.predicateType).toBe('https://slsa.dev/provenance/v1');
    const { buildDefinition, runDetails } = byFile.predicate;
    expect(() => new URL(buildDefinition.buildType)).not.toThrow();
    expect(() => new URL(runDetails.builder.id)).not.toThrow();
    expect(Date.parse(runDetails.metadata?.finishedOn ?? '')).toBeGreaterThanOrEqual(
      Date.parse(runDetails.metadata?.startedOn ?? ''),
    );
    expect(byStep.subject).toEqual([
      { name: 'framed.txt', digest: { sha256: hash(framed) } },
      {
        name: 'tree/below/framed-too.txt',
        digest: { sha256: hash(join(root, 'artifacts/words/tree/below/framed-too.txt')) },
      },
    ]);
    expect(buildDefinition.externalParameters['script']).toBe('scripts/frame.ts');
    expect(buildDefinition.resolvedDependencies.map(({ uri }) => uri)).toEqual([
      'project:scripts/count.ts',
      'project:scripts/frame.ts',
      'project:words.txt',
      'user:mine',
    ]);
    expect(buildDefinition.resolvedDependencies[3]?.digest).toEqual({ sha256: hash(join(root, 'mine.txt')) });
    expect(JSON.stringify(byStep)).not.toContain(root);
  });

  test('a file that no step made, and a name that is none, are told', async () => {
    const { root, ...made } = project();
    const run = made.run.bind(made);
    await run(['run', 'words']);
    const other = await run(['provenance', join(root, 'words.txt')]);
    expect(other.stderr).toContain('no step in the store made');
    expect(other.code).toBe(1);
    expect((await run(['provenance', 'words/none'])).stderr).toContain('has no step "none"');
    expect((await run(['provenance', 'words', '--sign', 'key'])).code).toBe(2);
  });
});

describe("a product's papers", () => {
  test('sha256sum accepts the list, and two checkouts make the same papers', async () => {
    const [first, second] = [project(), project()];
    await Promise.all([first.run(['run', 'words']), second.run(['run', 'words'])]);
    const folder = join(first.root, 'artifacts/words');
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: folder });
    for (const name of ['SHA256SUMS', 'provenance.json', 'sbom.cdx.json']) {
      expect(hash(join(second.root, 'artifacts/words', name))).toBe(hash(join(folder, name)));
    }
    const again = await first.run(['run', 'words']);
    expect(again.stdout).toContain('nothing to do');
  });

  test('the bill of materials is valid CycloneDX and has the product, its files and its sources', async () => {
    const { root, ...made } = project();
    const run = made.run.bind(made);
    await run(['run', 'words']);
    const text = readFileSync(join(root, 'artifacts/words/sbom.cdx.json'), 'utf8');
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
    const sbom = JSON.parse(text) as {
      metadata: { component: { name: string } };
      components: { name: string }[];
    };
    expect(sbom.metadata.component.name).toBe('words');
    expect(sbom.components.map(({ name }) => name).sort()).toEqual([
      'framed.txt',
      'project:words.txt',
      'tree/below/framed-too.txt',
      'user:mine',
    ]);
  });

  test('licences are read from machine-readable copyright files, and from no others', () => {
    const text =
      'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+ and LGPL-2.1+\n\nLicense: Expat\n text\n';
    expect(readLicences(text)).toEqual(['Expat', 'GPL-2+', 'LGPL-2.1+']);
    expect(readLicences('License: anything goes\n')).toEqual([]);
  });
});

describe('a signed statement', () => {
  async function signed(): Promise<{ project: TestProject; args: string[] }> {
    const made = project();
    const { root } = made;
    const run = made.run.bind(made);
    await run(['run', 'words']);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ci', '-f', join(root, 'key')]);
    writeFileSync(join(root, 'allowed'), `ci@example.com ${readFileSync(join(root, 'key.pub'), 'utf8')}`);
    const result = await run(['provenance', 'words', '-o', 'words.json', '--sign', join(root, 'key')]);
    expect(result.stderr).toBe('');
    expect(result.code).toBe(0);
    const signer = ['--allowed-signers', 'allowed', '--identity', 'ci@example.com'];
    return { project: made, args: ['verify-signature', 'words.json', 'artifacts/words', ...signer] };
  }

  test('that was altered leaves a summary that says so, about the files that were to be checked', async () => {
    const { project: made, args } = await signed();
    const summary = join(made.root, 'summary.json');
    const ask = (): ReturnType<TestProject['run']> => made.run([...args, '--summary', summary]);
    const read = (): unknown => JSON.parse(readFileSync(summary, 'utf8'));
    expect((await ask()).code).toBe(0);
    expect(read()).toMatchObject({ predicate: { verificationResult: 'PASSED' } });
    writeFileSync(join(made.root, 'words.json'), `${readFileSync(join(made.root, 'words.json'), 'utf8')} `);
    expect((await ask()).code).toBe(1);
    expect(read()).toMatchObject({
      subject: expect.arrayContaining([expect.objectContaining({ name: 'framed.txt' })]) as unknown,
      predicate: { verificationResult: 'FAILED', verifiedLevels: ['FAILED'] },
    });
  });

  test('is accepted with the artifacts it is about, by ssh-keygen itself as well', async () => {
    const { project: made, args } = await signed();
    const { code, stdout } = await made.run(args);
    expect(stdout).toContain('signed by ci@example.com; 5 of its 5 files are here and unaltered');
    expect(code).toBe(0);
    const said = execFileSync(
      'ssh-keygen',
      ['-Y', 'check-novalidate', '-n', 'cidermill', '-s', join(made.root, 'words.json.sig')],
      { input: readFileSync(join(made.root, 'words.json')), encoding: 'utf8' },
    );
    expect(said).toContain('Good "cidermill" signature');
  });

  test('an altered artifact, another one, an altered statement and another signer are refused', async () => {
    const { project: made, args } = await signed();
    const { root } = made;
    const run = made.run.bind(made);
    cpSync(join(root, 'artifacts/words/'), join(root, 'copy'), { recursive: true, dereference: true });
    appendFileSync(join(root, 'copy/framed.txt'), 'x');
    const altered = await run(args.with(2, 'copy'));
    expect(altered.stderr).toMatch(/framed\.txt was altered: its sha256 is [0-9a-f]{64}/);
    cpSync(join(root, 'artifacts/words/'), join(root, 'swapped'), { recursive: true, dereference: true });
    const swapped = join(root, 'swapped');
    const [one, two] = [join(swapped, 'framed.txt'), join(swapped, 'tree/below/framed-too.txt')];
    renameSync(one, `${one}.aside`);
    renameSync(two, one);
    renameSync(`${one}.aside`, two);
    expect((await run(args.with(2, 'swapped'))).stderr).toContain('was altered');
    const other = await run(args.with(2, 'mine.txt'));
    expect(other.stderr).toMatch(/mine\.txt \(sha256 .*\) is not what the statement is about/);
    const stranger = await run(args.with(-1, 'eve@example.com'));
    expect(stranger.stderr).toContain('does not match the signature of eve@example.com');
    const text = readFileSync(join(root, 'words.json'), 'utf8');
    writeFileSync(join(root, 'words.json'), text.replace('"words"', '"wards"'));
    const forged = await run(args);
    expect(forged.stderr).toContain('words.json does not match the signature of ci@example.com');
    for (const each of [altered, other, stranger, forged]) expect(each.code).toBe(1);
  });

  test('a folder with none of the files, or only some, is refused unless that was said', async () => {
    const { project: made, args } = await signed();
    const { root } = made;
    const run = made.run.bind(made);
    mkdirSync(join(root, 'empty'));
    const empty = await run(args.with(2, 'empty'));
    expect(empty.stderr).toContain('empty holds none of the 5 files of the statement');
    expect((await run([...args.with(2, 'empty'), '--partial'])).code).toBe(1);
    cpSync(join(root, 'artifacts/words/'), join(root, 'some'), { recursive: true, dereference: true });
    rmSync(join(root, 'some/framed.txt'));
    const some = await run(args.with(2, 'some'));
    expect(some.stderr).toContain('4 of the 5 files of the statement are here; missing: framed.txt');
    for (const each of [empty, some]) expect([each.code, each.stdout]).toEqual([1, '']);
    const partial = await run([...args.with(2, 'some'), '--partial']);
    expect(partial.stdout).toContain('4 of its 5 files are here and unaltered');
    expect(partial.code).toBe(0);
  });

  test.each(['SHA256SUMS', 'provenance.json', 'sbom.cdx.json'])(
    'a product whose %s was altered is refused',
    async (name) => {
      const { project: made, args } = await signed();
      const copy = join(made.root, 'copy');
      cpSync(join(made.root, 'artifacts/words/'), copy, { recursive: true, dereference: true });
      appendFileSync(join(copy, name), ' ');
      const { code, stderr } = await made.run(args.with(2, 'copy'));
      expect(stderr).toContain(`${name} was altered`);
      expect(code).toBe(1);
    },
  );

  test("a product's own statement is about its other papers, down to a line of the checksums", async () => {
    const { project: made, args } = await signed();
    const { root } = made;
    const copy = join(root, 'copy');
    cpSync(join(root, 'artifacts/words/'), copy, { recursive: true, dereference: true });
    const statement = join(copy, 'provenance.json');
    execFileSync('ssh-keygen', ['-Y', 'sign', '-f', join(root, 'key'), '-n', 'cidermill', statement], {
      stdio: 'ignore',
    });
    const own = args.with(1, statement).with(2, copy);
    const right = await made.run(own);
    expect(right.stdout).toContain('3 of its 3 files are here and unaltered');
    expect(right.code).toBe(0);
    const sums = readFileSync(join(copy, 'SHA256SUMS'), 'utf8');
    writeFileSync(
      join(copy, 'SHA256SUMS'),
      sums.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    );
    expect((await made.run(own)).stderr).toContain('SHA256SUMS was altered: its line');
    writeFileSync(join(copy, 'SHA256SUMS'), sums);
    appendFileSync(join(copy, 'sbom.cdx.json'), ' ');
    // By the statement or by the checksums, whichever is looked at first.
    expect((await made.run(own)).stderr).toMatch(
      /was altered: [^]*sbom\.cdx\.json|sbom\.cdx\.json was altered/,
    );
  });
});

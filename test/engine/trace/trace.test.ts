import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StraceReader, straceOptions, type StraceLog } from '../../../src/engine/trace/strace-log.ts';
import { freshFolder } from '../../rig/folder.ts';
import { events, stepModule, testProject } from '../../rig/project.ts';

interface Traced {
  readonly sandboxed: boolean;
  readonly undeclared: readonly {
    readonly package?: string;
    readonly paths: readonly string[];
    readonly commands: readonly string[];
  }[];
}

/** A recipe whose script runs these commands on the host. */
const say = (script: string): Readonly<Record<string, string>> => ({
  'tree/declared.txt': 'declared\n',
  'secret.txt': 'not declared\n',
  'recipes/say.yaml': `recipe: say
summary: Says something
sources: { tree: { local: tree } }
environment: { host: [cat, sort] }
script: scripts/say.ts
outputs: { said: said.txt }
`,
  'scripts/say.ts': `import { readFileSync } from 'node:fs';
import { step } from ${stepModule};
const { $, source, output } = await step();
const tree = source('tree');
${script}
await output('said', 'said.txt');
`,
});

const traced = (stdout: string): Traced =>
  events(stdout).find(({ type }) => type === 'step-traced') as unknown as Traced;

describe('run --trace', () => {
  it('finds a read that nothing declares, and names the command that did it', async () => {
    const project = testProject(
      say(`await $\`sort \${tree}/declared.txt >said.txt\`;
await $\`(cd /; cat \${process.cwd()}/said.txt; cat SECRET) | cat >more.txt\`;`),
    );
    const script = readFileSync(join(project.root, 'scripts/say.ts'), 'utf8');
    project.write(
      'scripts/say.ts',
      script.replace('SECRET', () => join(project.root, 'secret.txt')),
    );
    const { code, stdout, stderr } = await project.run(['run', 'say', '--trace', '--json']);
    expect(code, stdout + stderr).toBe(1);
    expect(traced(stdout).undeclared).toEqual([
      {
        paths: [join(project.root, 'secret.txt')],
        count: 1,
        commands: [expect.stringContaining('cat SECRET'.replace('SECRET', join(project.root, 'secret.txt')))],
      },
    ]);
    expect(events(stdout).at(-1)).toMatchObject({ type: 'trace-finished', outcome: 'undeclared' });
    const text = await project.run(['run', 'say', '--trace']);
    expect(text.stdout).toMatch(/^say +it read 1 file that nothing declares$/m);
    expect(text.stdout).toMatch(/secret\.txt\n +by \$ \(cd \/; cat/);
  });

  it("passes what reads its sources, its own files and its tools, and finds what the script's process reads", async () => {
    const project = testProject(
      say(`await $\`mkdir deep && cat \${tree}/declared.txt >deep/own.txt && sort deep/own.txt >said.txt\`;`),
    );
    const clean = await project.run(['run', 'say', '--trace', '--json']);
    expect(clean.code, clean.stdout).toBe(0);
    expect(traced(clean.stdout).undeclared).toEqual([]);

    const script = readFileSync(join(project.root, 'scripts/say.ts'), 'utf8');
    const secret = JSON.stringify(join(project.root, 'secret.txt'));
    project.write('scripts/say.ts', script.replace('await output', `readFileSync(${secret});\nawait output`));
    const planted = await project.run(['run', 'say', '--trace', '--json']);
    expect(planted.code).toBe(1);
    expect(traced(planted.stdout).undeclared).toMatchObject([
      { paths: [join(project.root, 'secret.txt')], commands: [] },
    ]);
  });

  it('names the package of a file that no declared tool needs', async () => {
    const project = testProject(
      say(`await $\`cat /usr/share/misc/magic.mgc /usr/include/stdio.h >said.txt 2>&1 || true\`;`),
    );
    const { stdout } = await project.run(['run', 'say', '--trace', '--json']);
    const owner = execFileSync('dpkg', ['-S', '/usr/include/stdio.h'], { encoding: 'utf8' }).split(':')[0];
    expect(traced(stdout).undeclared).toContainEqual(
      expect.objectContaining({ package: owner, paths: ['/usr/include/stdio.h'] }),
    );
  });
});

describe("strace's log", () => {
  /** What a bash command line opened, with a step's shell around it. */
  function trace(command: string, folder = freshFolder()): StraceLog {
    const log = join(freshFolder(), 'strace');
    const [program = '', ...args] = straceOptions(log).filter((option) => option !== '-DD');
    const shell = ['bash', '--norc', '-euo', 'pipefail', '-c', command];
    execFileSync(program, [...args, 'sh', '-c', '"$@"; exit', 'sh', ...shell], { cwd: folder });
    const reader = new StraceReader();
    for (const line of readFileSync(log, 'utf8').split('\n')) reader.take(line);
    return reader.end();
  }

  it('tells which command opened what, through pipes, subshells and background jobs', () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'below'));
    for (const name of ['one', 'below/two', 'three']) writeFileSync(join(folder, name), name);
    const command =
      'cat one | (cd below && cat two -) | cat; for i in 1 2 3 4 5 6 7 8; do cat three & done; wait';
    const { opened } = trace(command, folder);
    for (const name of ['one', 'below/two', 'three'])
      expect(opened).toContainEqual({ path: join(folder, name), command });
  });

  it('follows links to the files they lead to, and takes written files for made ones', () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'real'), 'real');
    const { opened, made } = trace('ln -s real link; cat link >copy; mkdir -p a/b; cat copy', folder);
    const paths = opened.map(({ path }) => path);
    expect(paths).toContain(join(folder, 'real'));
    expect(paths).not.toContain(join(folder, 'link'));
    expect(made).toContain(join(folder, 'copy'));
    expect([...made].some((path) => path.endsWith('/a/b'))).toBe(true);
  });

  it('reads names with quotes, spaces, line breaks and other alphabets', () => {
    const folder = freshFolder();
    const names = ['a "b"', "it's", 'two\nlines', 'überall', '日本'];
    for (const name of names) writeFileSync(join(folder, name), '');
    const { opened } = trace('cat ./*', folder);
    for (const name of names.filter((each) => !each.includes('\n') && /^[ -~]*$/.test(each)))
      expect(opened.map(({ path }) => path)).toContain(join(folder, name));
    expect(opened.filter(({ path }) => path.startsWith(folder))).toHaveLength(names.length);
  });
});
